import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Where webhooks arrive, as a process of its own: `/ok…` takes them, `/fail…` answers 500, `/hang…` never answers. */
const counts: Record<string, number> = {};

function receive(request: IncomingMessage, reply: ServerResponse): void {
  const path = request.url ?? '/';
  request.resume();
  request.on('end', () => {
    counts[path] = (counts[path] ?? 0) + 1;
    if (path.startsWith('/hang')) return;
    reply.writeHead(path.startsWith('/fail') ? 500 : 200, { 'content-length': 2 }).end('ok');
  });
}

const server = createServer(receive).listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
server.keepAliveTimeout = 60_000;
process.on('message', () => process.send?.({ counts }));
process.once('disconnect', () => process.exit());
