import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

type ClientErrorListener = (error: NodeJS.ErrnoException, socket: Socket) => void;

const streaming = new WeakSet<Socket>();

/**
 * Requests are cut off when they are not complete after ten seconds (libs/platform/src/http-server.ts). A stream of
 * lines and an upload of many megabytes may take longer: whoever reads them watches that something comes.
 */
export function exemptSlowBodies(fastify: FastifyInstance): void {
  const { server } = fastify;
  const answer = server.listeners('clientError') as ClientErrorListener[];
  server.removeAllListeners('clientError');
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && streaming.has(socket)) return;
    for (const listener of answer) listener.call(server, error, socket);
  });
}

/** Exempts this request, until its body has been read; call it once the sender is known. */
export function allowSlowBody(request: IncomingMessage): void {
  const { socket } = request;
  streaming.add(socket);
  const end = (): void => void streaming.delete(socket);
  request.once('end', end).once('close', end);
}

const discardMs = 10_000;

/** Reads what is left of a body that was refused, so that its sender gets the answer; for ten seconds at most. */
export function discardRest(request: IncomingMessage): void {
  if (request.complete) return;
  request.resume();
  const { socket } = request;
  const timer = setTimeout(() => socket.destroy(), discardMs).unref();
  request.once('close', () => clearTimeout(timer));
}
