import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A customer's receiver: keeps what it was sent and answers as it is told. */
export class Receiver {
  readonly received: Received[] = [];
  /** The next answers are these. */
  status = 200;
  headers: Record<string, string> = {};
  answer = '{"received":true}';
  /** What a GET shows: a page of the receiver's own site. */
  page = '';

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Receiver> {
    const server = createServer();
    const receiver = new Receiver(server);
    server.on('request', (request, response) => {
      if (request.method === 'GET') return void response.writeHead(200, { 'content-type': 'text/html' }).end(receiver.page);
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        receiver.received.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() });
        response.writeHead(receiver.status, { 'content-type': 'application/json', ...receiver.headers }).end(receiver.answer);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  repaired(): void {
    Object.assign(this, { status: 200, headers: {}, answer: '{"received":true}' });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
