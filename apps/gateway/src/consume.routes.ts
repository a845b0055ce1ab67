import { Readable } from 'node:stream';
import { nothingReceived } from '@waybill/broker';
import type { Delivery, QueueRef, Receipt, Received } from '@waybill/broker';
import { acceptAndPublish, cborContentType, receive, settle } from '@waybill/contracts';
import type { Operation, Parsed, Reply } from '@waybill/contracts';
import { encodeCbor, measured, parseInput, routePath } from '@waybill/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { acceptAndPublishJson } from './accept-and-publish.js';
import type { AcceptAndPublishKit } from './accept-and-publish.js';
import type { Authenticator, DataCaller } from './authenticate.js';
import type { BrokerWiring } from './broker-wiring.js';
import { answersCbor, takeCbor } from './cbor-door.js';
import { receivedCbor } from './delivery-cbor.js';
import { messageJson } from './delivery-reply.js';
import type { LeasedFrom } from './delivery-reply.js';
import type { Accepted, Settling } from './settling.js';

export interface ConsumeDoor extends AcceptAndPublishKit {
  readonly broker: BrokerWiring;
  readonly authenticator: Authenticator;
  readonly settling: Settling;
  /** With the bodies that lie outside the message store; those that do not fit into one answer went back to the queue. */
  readonly loadBodies: (queue: QueueRef, deliveries: readonly Delivery[], settled: boolean) => Promise<readonly Delivery[]>;
  readonly onDelivered: (messages: number) => void;
}

/** Characters of an answer above which it is sent in pieces rather than joined. */
const pieceLimit = 1024 * 1024;
/** It carries up to a hundred messages; the body of each obeys the inline limit. */
const acceptAndPublishLimitBytes = 8 * 1024 * 1024;
const json = 'application/json; charset=utf-8';

/** Receive, settle, and accept with a publish. */
export function consumeRoutes(door: ConsumeDoor) {
  return async (scope: FastifyInstance): Promise<void> => {
    takeCbor(scope);
    queueRoute(door, scope, receive, async (queue, { body }, caller, reply) => {
      const { received, accepted } = await acceptAndReceive(door, queue, body, caller, reply);
      door.onDelivered(received.deliveries.length);
      const deliveries = await door.loadBodies(queue, received.deliveries, body.autoAccept);
      const leased = { queueId: queue.id, leaseUntil: new Date(received.deadlineMs).toISOString() };
      const more = besides(received, accepted);
      return answersCbor(reply) ? receivedCbor(leased, deliveries, more) : receivedJson(leased, deliveries, more);
    });

    queueRoute(door, scope, settle, async (queue, { body }, _caller, reply) => {
      const answer = { results: await door.settling.settle(queue, body) };
      return answersCbor(reply) ? encodeCbor(answer) : JSON.stringify(answer);
    });

    await scope.register(async (jsonOnly) => {
      jsonOnly.removeContentTypeParser(cborContentType);
      queueRoute(door, jsonOnly, acceptAndPublish, (queue, { body }, caller) => acceptAndPublishJson(door, caller, queue, body), acceptAndPublishLimitBytes);
    });
  };
}

interface AcceptedAndReceived {
  readonly received: Received;
  /** Undefined when there was nothing to accept. */
  readonly accepted: Accepted | undefined;
}

async function acceptAndReceive(door: ConsumeDoor, queue: QueueRef, body: Parsed<typeof receive>['body'], caller: DataCaller, reply: FastifyReply): Promise<AcceptedAndReceived> {
  if (body.accept.length === 0) return { received: await receiveOf(door, queue, body, caller, reply), accepted: undefined };
  let received: Received = nothingReceived;
  const accepted = await door.settling.accept(queue, body.accept, async (accept) => {
    received = await receiveOf(door, queue, body, caller, reply, accept);
    return received.outcomes;
  });
  return { received, accepted };
}

function receiveOf(door: ConsumeDoor, queue: QueueRef, body: Parsed<typeof receive>['body'], caller: DataCaller, reply: FastifyReply, accept: readonly Receipt[] = []): Promise<Received> {
  const { max, waitSeconds, consumer, deferred } = body;
  const holder = consumer ?? caller.actor.id;
  if (deferred !== undefined) return receiveDeferred(door, queue, deferred, leaseMsOf(body), holder, accept);
  return door.broker.consumer.receive(queue, {
    max, consumer, holder, accept, waitMs: waitSeconds * 1000, leaseMs: leaseMsOf(body), signal: waitSeconds > 0 ? hangUpOf(reply) : undefined,
  });
}

type Lease = number | 'none' | undefined;

function leaseMsOf({ leaseSeconds, autoAccept }: Parsed<typeof receive>['body']): Lease {
  if (autoAccept) return 'none';
  return leaseSeconds === undefined ? undefined : leaseSeconds * 1000;
}

/** How long a deferred message is leased that is accepted in the same call. */
const atOnceMs = 30_000;

async function receiveDeferred({ broker }: ConsumeDoor, queue: QueueRef, keys: readonly string[], leaseMs: Lease, holder: string, accept: readonly Receipt[]): Promise<Received> {
  const outcomes = accept.length === 0 ? [] : await broker.queues.accept(queue, accept);
  const { deadlineMs, deliveries } = await broker.queues.claimDeferred(queue, keys, { holder, leaseMs: leaseMs === 'none' ? atOnceMs : leaseMs });
  if (leaseMs === 'none' && deliveries.length > 0) await broker.queues.settle(queue, deliveries.map(({ receipt }) => ({ action: 'accept', receipt })));
  return { deadlineMs, deliveries, paused: false, outcomes };
}

type Besides = Omit<Reply<typeof receive>, 'messages'>;

/** What the answer has beside the messages. */
function besides({ paused }: Received, done: Accepted | undefined): Besides {
  return {
    ...(paused ? { paused } : {}),
    ...(done === undefined ? {} : { accepted: done.accepted }),
    ...(done === undefined || done.notAccepted.length === 0 ? {} : { notAccepted: [...done.notAccepted] }),
  };
}

/** The answer as JSON text, in pieces when it is long. */
function receivedJson(leased: LeasedFrom, deliveries: readonly Delivery[], more: Besides): string | Readable {
  const rest = JSON.stringify(more);
  const tail = rest === '{}' ? ']}' : `],${rest.slice(1)}`;
  const texts = deliveries.map((delivery) => messageJson(leased, delivery));
  if (texts.reduce((sum, { length }) => sum + length, 0) <= pieceLimit) return `{"messages":[${texts.join(',')}${tail}`;
  return Readable.from(pieces(texts, tail), { objectMode: false });
}

function* pieces(texts: readonly string[], tail: string): Generator<Buffer> {
  let before = '{"messages":[';
  for (const text of texts) {
    yield Buffer.from(before + text);
    before = ',';
  }
  yield Buffer.from(tail);
}

type QueueOperation = typeof receive | typeof settle | typeof acceptAndPublish;
type Handle<O extends Operation> = (queue: QueueRef, input: Parsed<O>, caller: DataCaller, reply: FastifyReply) => Promise<string | Buffer | Readable>;

function queueRoute<O extends QueueOperation>({ broker, authenticator }: ConsumeDoor, scope: FastifyInstance, operation: O, handle: Handle<O>, bodyLimit?: number): void {
  const permission = operation.permission;
  if (permission === 'public' || permission === 'signed_in') throw new Error(`${operation.id} must name a permission`);
  const options = { config: { ...measured, operation: operation.id }, ...(bodyLimit === undefined ? {} : { bodyLimit }) };
  scope.post(routePath(operation.path), options, async (request: FastifyRequest, reply: FastifyReply) => {
    const caller = await authenticator.authenticate(request, permission);
    // A call without a body takes the defaults.
    const input = parseInput<Operation>(operation, { params: request.params, query: request.query, body: request.body ?? {} }) as Parsed<O>;
    await broker.active.touch(caller.namespaceId);
    const { queue: name } = request.params as { queue: string };
    const answer = await broker.consumer.on(caller.namespaceId, name, (queue) => handle(queue, input, caller, reply));
    if (!reply.hasHeader('content-type')) reply.header('content-type', json);
    return reply.send(answer);
  });
}

/** Aborts when the client closes the connection before it got its answer. */
function hangUpOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
