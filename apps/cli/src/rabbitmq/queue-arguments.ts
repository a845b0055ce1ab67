import { queueInput, queueLimits } from '@waybill/contracts';
import type { QueueInput } from '@waybill/contracts';
import type { RabbitQueue } from './definitions.js';

export interface DeadLetterTarget {
  /** RabbitMQ's name; empty for its default exchange. */
  readonly exchange: string;
  readonly key: string | undefined;
}

export interface ConvertedQueue {
  readonly settings: QueueInput;
  readonly deadLetters: DeadLetterTarget | undefined;
}

/** Arguments that say where and how RabbitMQ keeps a queue: Waybill keeps every message on disk and needs no word about it. */
const storage = new Set(['x-queue-type', 'x-queue-mode', 'x-queue-version', 'x-queue-master-locator', 'x-queue-leader-locator', 'x-quorum-initial-group-size', 'x-initial-cluster-size', 'x-max-in-memory-length', 'x-max-in-memory-bytes', 'x-dead-letter-strategy', 'x-single-active-consumer-timeout']);
const policyNames: Readonly<Record<string, string>> = {
  'message-ttl': 'x-message-ttl', expires: 'x-expires', 'max-length': 'x-max-length', 'max-length-bytes': 'x-max-length-bytes', overflow: 'x-overflow',
  'dead-letter-exchange': 'x-dead-letter-exchange', 'dead-letter-routing-key': 'x-dead-letter-routing-key', 'delivery-limit': 'x-delivery-limit', 'queue-mode': 'x-queue-mode', 'queue-version': 'x-queue-version', 'dead-letter-strategy': 'x-dead-letter-strategy', 'queue-leader-locator': 'x-queue-leader-locator',
};
/** Of quorum queues without a word about it, since RabbitMQ 4. */
const quorumDeliveryLimit = 20;

/** A queue's settings from its arguments and its policy; `note` is told what cannot be carried over, and why. */
export function convertQueue(queue: RabbitQueue, policy: Readonly<Record<string, unknown>>, note: (text: string) => void): ConvertedQueue {
  const fromPolicy = Object.fromEntries(Object.entries(policy).map(([name, value]) => [policyNames[name] ?? `policy ${name}`, value]));
  const left = new Map(Object.entries({ ...fromPolicy, ...queue.arguments }));
  const take = (name: string): unknown => {
    const value = left.get(name);
    left.delete(name);
    return value;
  };
  const number = (name: string): number | undefined => {
    const value = take(name);
    if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
    note(`${name} is no number`);
    return undefined;
  };
  const bounded = (name: string, value: number | undefined, { least, most }: { least: number; most: number }): number | null => {
    if (value === undefined) return null;
    const fitting = Math.min(most, Math.max(least, Math.ceil(value)));
    if (fitting !== value) note(`${name} ${value} becomes ${fitting}: whole numbers from ${least} to ${most} are possible`);
    return fitting;
  };
  const seconds = (name: string, limits: { least: number; most: number }) => {
    const ms = number(name);
    return bounded(`${name} in seconds`, ms === undefined ? undefined : ms / 1000, limits);
  };

  const isQuorum = (take('x-queue-type') ?? queue.type) === 'quorum';
  const maxPriority = number('x-max-priority');
  if (maxPriority !== undefined && maxPriority > 9) note(`x-max-priority ${maxPriority}: priorities go from 0 to 9, publishers must not send higher ones`);
  const settings: QueueInput = {
    ...queueInput.parse({ kind: maxPriority === undefined ? 'standard' : 'priority' }),
    deliveryLimit: bounded('x-delivery-limit', number('x-delivery-limit') ?? (isQuorum ? quorumDeliveryLimit : undefined), queueLimits.deliveryLimit),
    messageTtlSeconds: seconds('x-message-ttl', queueLimits.messageTtlSeconds),
    maxMessages: bounded('x-max-length', number('x-max-length'), queueLimits.maxMessages),
    maxBytes: bounded('x-max-length-bytes', number('x-max-length-bytes'), queueLimits.maxBytes),
    deleteWhenIdleSeconds: seconds('x-expires', queueLimits.deleteWhenIdleSeconds),
    singleActiveConsumer: take('x-single-active-consumer') === true,
  };
  const limited = settings.maxMessages !== null || settings.maxBytes !== null;
  const overflow = overflowOf(take('x-overflow'), limited, note);
  const exchange = take('x-dead-letter-exchange');
  const key = take('x-dead-letter-routing-key');
  const deadLetters = typeof exchange === 'string' ? { exchange, key: typeof key === 'string' ? key : undefined } : undefined;
  if (queue.auto_delete) note('auto_delete: the queue stays when its last consumer leaves; deleteWhenIdleSeconds deletes one that nobody uses');
  if (queue.exclusive) note('exclusive: every key of the namespace may use the queue');
  for (const name of left.keys()) if (!storage.has(name)) note(`${name} has no counterpart and is left out`);
  return { settings: { ...settings, overflow }, deadLetters };
}

function overflowOf(value: unknown, limited: boolean, note: (text: string) => void): QueueInput['overflow'] {
  if (!limited) return 'reject';
  if (value === 'reject-publish') return 'reject';
  if (value === 'reject-publish-dlx') {
    note('x-overflow reject-publish-dlx becomes reject: what is refused is told to the publisher and not dead-lettered');
    return 'reject';
  }
  note('x-overflow drop-head becomes drop-oldest-to-dead-letters: what is dropped is kept among the dead letters');
  return 'drop-oldest-to-dead-letters';
}
