import { usualQueue, type QueueInput, type QueueKind } from '@waybill/contracts';
import { bytes, count, plural } from '../words/figures.js';
import { seconds } from '../words/time.js';

/** What each kind promises, in a sentence a newcomer can act on. */
export const queueKindWords: Readonly<Record<QueueKind, string>> = {
  standard: 'Messages go out roughly in the order they came, to as many consumers as ask.',
  fifo: 'Messages of one group go out one at a time and in order, through retries too; groups do not wait for each other.',
  priority: 'Messages with a higher priority (0 to 9) go out first.',
};

interface Fact {
  readonly label: string;
  readonly value: string;
}

type Words = { readonly [S in keyof QueueInput]?: (value: NonNullable<QueueInput[S]>, queue: QueueInput) => Fact };

const words: Words = {
  leaseSeconds: (value) => ({ label: 'Lease', value: seconds(value) }),
  messageTtlSeconds: (value) => ({ label: 'Messages expire', value: `after ${seconds(value)}` }),
  maxMessages: (value, { overflow }) => ({ label: 'At most', value: `${plural(value, 'message')}, then ${overflowWords[overflow]}` }),
  maxBytes: (value, { overflow }) => ({ label: 'At most', value: `${bytes(value)}, then ${overflowWords[overflow]}` }),
  dedup: ({ windowSeconds, by }) => ({ label: 'Duplicates', value: `dropped for ${seconds(windowSeconds)}, by ${by === 'id' ? 'dedup id' : 'dedup id or body'}` }),
  retry: (retry) => ({ label: 'Retry delays', value: retryWords(retry) }),
  deadLetterExchange: (value, { deadLetterKey }) => ({ label: 'Dead letters go to', value: deadLetterKey === null ? value : `${value} with the key ${deadLetterKey}` }),
  singleActiveConsumer: () => ({ label: 'Consumers', value: 'one at a time, the others stand by' }),
  deleteWhenIdleSeconds: (value) => ({ label: 'Deleted', value: `when idle for ${seconds(value)}` }),
  fair: () => ({ label: 'Groups', value: 'take turns' }),
  poison: () => ({ label: 'A group that fails', value: 'is parked until someone looks at it' }),
};

const overflowWords: Readonly<Record<QueueInput['overflow'], string>> = {
  reject: 'new ones are refused',
  'drop-oldest-to-dead-letters': 'the oldest goes to the dead letters',
};

function retryWords(retry: NonNullable<QueueInput['retry']>): string {
  const chance = retry.jitter === 0 ? '' : `, ${count(Math.round(retry.jitter * 100))} % left to chance`;
  if (retry.kind === 'list') return `${retry.delaysSeconds.map(seconds).join(', ')}${chance}`;
  return `${seconds(retry.firstSeconds)}, then times ${retry.factor} up to ${seconds(retry.maxSeconds)}${chance}`;
}

/** The settings of a queue that are not as usual, in words. */
export function unusualSettings(queue: QueueInput): Fact[] {
  const limit: Fact[] = queue.deliveryLimit === usualQueue.deliveryLimit ? [] : [{ label: 'Delivery limit', value: queue.deliveryLimit === null ? 'none' : plural(queue.deliveryLimit, 'delivery', 'deliveries') }];
  const facts = Object.entries(words).flatMap(([name, say]) => {
    const [value, usual] = [queue[name as keyof QueueInput], usualQueue[name as keyof QueueInput]];
    // The table pairs every setting with words for its own type.
    return value === usual || value === null ? [] : [(say as (value: unknown, queue: QueueInput) => Fact)(value, queue)];
  });
  return [...facts.filter(({ label }) => label === 'Lease'), ...limit, ...facts.filter(({ label }) => label !== 'Lease')];
}
