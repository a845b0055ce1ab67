import { streamQueue } from '@waybill/contracts';
import type { Parsed } from '@waybill/contracts';
import { looksLikeDataToken } from '@waybill/identity';
import { WaybillError } from '@waybill/kernel';
import { parseInput, routePath } from '@waybill/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticator, DataCaller } from './authenticate.js';
import type { Settling } from './settling.js';
import { EventsOutlet } from './stream-events.js';
import type { StreamRegistry } from './stream-registry.js';
import { StreamSession } from './stream-session.js';
import type { StreamKit, StreamRequest } from './stream-session.js';
import { SocketOutlet, takeFrames } from './stream-socket.js';
import type { StreamUpgrades } from './stream-upgrade.js';

export interface StreamDoor {
  readonly authenticator: Authenticator;
  readonly settling: Settling;
  readonly streams: StreamRegistry;
  readonly upgrades: StreamUpgrades;
  readonly kit: StreamKit;
  /** Turns an error that is not ours into one that is. */
  readonly known: (error: unknown) => WaybillError;
}

/** The stream of a queue, as server-sent events or on a WebSocket. */
export function streamRoutes(door: StreamDoor) {
  const { authenticator, streams, upgrades, kit } = door;
  return async (scope: FastifyInstance): Promise<void> => {
    // Not measured: a stream lasts as long as its client likes. A HEAD twin would open one and read nothing.
    scope.get(routePath(streamQueue.path), { config: { operation: streamQueue.id }, exposeHeadRoute: false }, async (request, reply) => {
      takeToken(request);
      const caller = await authenticator.authenticate(request, 'messages:consume');
      const readmit = () => authenticator.check(request, 'messages:consume');
      const wanted = streamRequest(caller, parseInput(streamQueue, request));
      streams.admit(caller.namespaceId);
      await refuseEarly(kit, wanted);
      reply.hijack();
      if (upgrades.asked(request.raw)) streamToSocket(door, request, wanted, readmit);
      else streamEvents(door, reply, wanted, readmit);
    });
  };
}

/**
 * Browsers cannot send the Authorization header with a WebSocket or an EventSource, so the console's short-lived token
 * may stand in the address. API keys may not: addresses end up in logs and histories.
 */
function takeToken({ raw, query }: FastifyRequest): void {
  const token = (query as Record<string, unknown>)['access_token'];
  if (token === undefined) return;
  if (raw.headers.authorization !== undefined || typeof token !== 'string' || !looksLikeDataToken(token)) throw new WaybillError('data_token_invalid');
  raw.headers.authorization = `Bearer ${token}`;
}

function streamRequest(caller: DataCaller, { params, query }: Parsed<typeof streamQueue>): StreamRequest {
  const { credit, leaseSeconds, consumer } = query;
  return {
    ns: caller.namespaceId, queue: params.queue, credit, consumer, holder: consumer ?? caller.actor.id,
    leaseMs: leaseSeconds === undefined ? undefined : leaseSeconds * 1000,
  };
}

/** What is known to be wrong is told with a status, before the stream begins. */
function refuseEarly({ broker }: StreamKit, { ns, queue: name, consumer, leaseMs }: StreamRequest): Promise<void> {
  return broker.consumer.on(ns, name, async () => {
    const queue = broker.topologies.get(ns).table.queue(name);
    if (consumer === undefined && queue?.singleActiveConsumer) throw new WaybillError('consumer_required');
    // Such a lease is over when it begins: the stream would be sent the same messages without end.
    if (leaseMs === undefined && queue?.leaseMs === 0) throw new WaybillError('request_invalid', {}, { issues: [{ path: 'query.leaseSeconds', message: 'must be given: the queue has a lease of 0 seconds' }] });
  });
}

function streamEvents({ streams, kit }: StreamDoor, reply: FastifyReply, wanted: StreamRequest, readmit: () => unknown): void {
  const outlet = new EventsOutlet(reply.raw);
  const session = new StreamSession(wanted, outlet, kit);
  reply.raw.on('drain', () => session.look()).on('close', () => session.end('left')).on('error', () => undefined);
  outlet.open(reply.getHeaders());
  streams.run(session, outlet, readmit);
}

function streamToSocket({ settling, streams, upgrades, kit, known }: StreamDoor, request: FastifyRequest, wanted: StreamRequest, readmit: () => unknown): void {
  upgrades.accept(request.raw, (socket) => {
    const outlet: SocketOutlet = new SocketOutlet(socket, () => session.look());
    const session: StreamSession = new StreamSession(wanted, outlet, kit);
    takeFrames(socket, { session, outlet, known, settle: (body) => kit.broker.consumer.on(wanted.ns, wanted.queue, (queue) => settling.settle(queue, body)) });
    streams.run(session, outlet, readmit);
  });
}
