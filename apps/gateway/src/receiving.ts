import { nothingReceived } from '@waybill/broker';
import type { QueueRef, Receipt, Received } from '@waybill/broker';
import type { Parsed, receive, Reply } from '@waybill/contracts';
import type { FastifyReply } from 'fastify';
import type { DataCaller } from './authenticate.js';
import type { BrokerWiring } from './broker-wiring.js';
import type { Accepted, Settling } from './settling.js';

export interface ReceivingKit {
  readonly broker: Pick<BrokerWiring, 'consumer' | 'queues'>;
  readonly settling: Settling;
}

type ReceiveBody = Parsed<typeof receive>['body'];
type Besides = Omit<Reply<typeof receive>, 'messages'>;

/** Accepts what the consumer is done with, and leases what it gets next. `more`: what the answer has beside the messages. */
export async function acceptAndReceive(kit: ReceivingKit, queue: QueueRef, body: ReceiveBody, caller: DataCaller, reply: FastifyReply): Promise<{ received: Received; more: Besides }> {
  let received: Received = nothingReceived;
  const take = async (accept: readonly Receipt[]) => {
    received = await receiveOf(kit, queue, body, accept, caller, reply);
    return received.outcomes;
  };
  const accepted = body.accept.length === 0 ? undefined : await kit.settling.accept(queue, body.accept, take);
  if (accepted === undefined) await take([]);
  return { received, more: besides(received, accepted) };
}

function besides({ paused }: Received, done: Accepted | undefined): Besides {
  return {
    ...(paused ? { paused } : {}),
    ...(done === undefined ? {} : { accepted: done.accepted }),
    ...(done === undefined || done.notAccepted.length === 0 ? {} : { notAccepted: [...done.notAccepted] }),
  };
}

function receiveOf(kit: ReceivingKit, queue: QueueRef, body: ReceiveBody, accept: readonly Receipt[], caller: DataCaller, reply: FastifyReply): Promise<Received> {
  const { max, waitSeconds, consumer, deferred } = body;
  const holder = consumer ?? caller.actor.id;
  if (deferred !== undefined) return receiveDeferred(kit, queue, deferred, leaseMsOf(body), holder, accept);
  return kit.broker.consumer.receive(queue, {
    max, consumer, holder, accept, waitMs: waitSeconds * 1000, leaseMs: leaseMsOf(body), signal: waitSeconds > 0 ? hangUpOf(reply) : undefined,
  });
}

type Lease = number | 'none' | undefined;

function leaseMsOf({ leaseSeconds, autoAccept }: ReceiveBody): Lease {
  if (autoAccept) return 'none';
  return leaseSeconds === undefined ? undefined : leaseSeconds * 1000;
}

/** How long a deferred message is leased that is accepted in the same call. */
const atOnceMs = 30_000;

async function receiveDeferred({ broker }: ReceivingKit, queue: QueueRef, keys: readonly string[], leaseMs: Lease, holder: string, accept: readonly Receipt[]): Promise<Received> {
  const outcomes = accept.length === 0 ? [] : await broker.queues.accept(queue, accept);
  const { deadlineMs, deliveries } = await broker.queues.claimDeferred(queue, keys, { holder, leaseMs: leaseMs === 'none' ? atOnceMs : leaseMs });
  if (leaseMs === 'none' && deliveries.length > 0) await broker.queues.accept(queue, deliveries.map(({ receipt }) => receipt));
  return { deadlineMs, deliveries, paused: false, outcomes };
}

/** Aborts when the client closes the connection before it got its answer. */
function hangUpOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
