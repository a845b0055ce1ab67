import { ServerResponse } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { clientFrameLimitBytes } from '@waybill/contracts';
import type { FastifyInstance } from 'fastify';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

const streamPath = /^\/v1\/queues\/[^/]+\/stream(\?|$)/;

interface Upgrade {
  readonly socket: Socket;
  readonly head: Buffer;
  readonly response: ServerResponse;
}

/**
 * Lets the route of the streams answer requests for a WebSocket too: they run through the same route as any other
 * request, so that refusals are the same problem documents, and `accept` turns the connection into a socket. Other
 * upgrades, like the `h2c` that some clients offer with every request, are ignored as RFC 9110 §7.8 allows.
 */
export class StreamUpgrades {
  readonly #asked = new WeakMap<IncomingMessage, Upgrade>();
  // Compression would cost memory per socket for bodies that are often compressed already.
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: clientFrameLimitBytes, perMessageDeflate: false, clientTracking: false });

  attach(fastify: FastifyInstance): void {
    const server = fastify.server as Server & { shouldUpgradeCallback: (request: IncomingMessage) => boolean };
    server.shouldUpgradeCallback = ({ headers, url }) => headers.upgrade?.toLowerCase() === 'websocket' && streamPath.test(url ?? '');
    server.on('upgrade', (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
      const socket = duplex as Socket;
      // A connection that breaks before it is a socket concerns nobody.
      socket.on('error', () => undefined);
      const response = new ServerResponse(request);
      response.shouldKeepAlive = false;
      response.assignSocket(socket);
      response.on('finish', () => socket.destroySoon());
      this.#asked.set(request, { socket, head, response });
      fastify.routing(request, response);
    });
  }

  asked(request: IncomingMessage): boolean {
    return this.#asked.has(request);
  }

  /** `use` gets the socket after the handshake; not called when the request for it is malformed, which is answered with 400. */
  accept(request: IncomingMessage, use: (socket: WebSocket) => void): void {
    const upgrade = this.#asked.get(request);
    if (!upgrade) return;
    upgrade.response.detachSocket(upgrade.socket);
    this.#sockets.handleUpgrade(request, upgrade.socket, upgrade.head, use);
  }
}
