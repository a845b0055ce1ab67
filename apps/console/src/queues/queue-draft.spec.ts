import { describe, expect, it } from '@jest/globals';
import { queueInput, usualQueue, type QueueInput } from '@waybill/contracts';
import fc from 'fast-check';
import { bodyOf, draftOf, draftRules, type QueueDraft } from './queue-draft.js';
import { unusualSettings } from './queue-words.js';

const orNull = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: null });
const delay = fc.nat(86_400);
const jitter = fc.constantFrom(0, 0.25, 1);

/** Queues whose settings fit together, as the API stores them. */
const queues: fc.Arbitrary<QueueInput> = fc
  .record({
    kind: fc.constantFrom('standard' as const, 'fifo' as const, 'priority' as const), leaseSeconds: delay, deliveryLimit: orNull(fc.integer({ min: 1, max: 1_000 })),
    messageTtlSeconds: orNull(fc.integer({ min: 1, max: 31_536_000 })), maxMessages: orNull(fc.integer({ min: 1, max: 100_000_000 })), maxBytes: orNull(fc.integer({ min: 1_024, max: 2 ** 40 })),
    overflow: fc.constantFrom('reject' as const, 'drop-oldest-to-dead-letters' as const),
    dedup: orNull(fc.record({ windowSeconds: fc.integer({ min: 60, max: 2_592_000 }), by: fc.constantFrom('id' as const, 'body' as const) })),
    retry: orNull(fc.oneof(
      fc.record({ kind: fc.constant('list' as const), delaysSeconds: fc.array(delay, { minLength: 1, maxLength: 20 }), jitter }),
      fc.record({ kind: fc.constant('exponential' as const), firstSeconds: fc.nat(100), factor: fc.constantFrom(1, 1.5, 10), maxSeconds: fc.integer({ min: 100, max: 86_400 }), jitter }),
    )),
    deadLetterExchange: orNull(fc.constant('morgue')), deadLetterKey: orNull(fc.constant('k')), singleActiveConsumer: fc.boolean(),
    deleteWhenIdleSeconds: orNull(fc.integer({ min: 60, max: 31_536_000 })), fair: fc.boolean(), poison: fc.constantFrom('dead-letter' as const, 'park-group' as const),
  })
  .map((queue) => ({
    ...queue,
    overflow: queue.maxMessages === null && queue.maxBytes === null ? 'reject' : queue.overflow,
    deadLetterKey: queue.deadLetterExchange === null ? null : queue.deadLetterKey,
    fair: queue.kind === 'standard' && queue.fair,
    poison: queue.kind === 'fifo' ? queue.poison : 'dead-letter',
  }));

const faultsOf = (draft: QueueDraft) =>
  Object.entries(draftRules).flatMap(([field, rule]) => ((rule as (value: unknown, draft: QueueDraft) => string | null)(draft[field as keyof QueueDraft], draft) === null ? [] : [field]));
const usual = draftOf(usualQueue);

describe('the form of a queue', () => {
  it('gives back every queue it was filled with, without a fault', () => {
    fc.assert(
      fc.property(queues, (queue) => {
        const draft = draftOf(queue);
        expect(faultsOf(draft)).toEqual([]);
        expect(bodyOf(draft)).toEqual(queue);
        expect(queueInput.parse(bodyOf(draft))).toEqual(queue);
      }),
    );
  });

  it('leaves out what the other choices have put out of sight', () => {
    const draft: QueueDraft = { ...usual, kind: 'priority', fair: true, poison: 'park-group', overflow: 'drop-oldest-to-dead-letters', deadLetterKey: 'k', dedupBy: 'body' };
    expect(bodyOf(draft)).toEqual({ ...usualQueue, kind: 'priority' });
  });

  it.each<[keyof QueueDraft, Partial<QueueDraft>]>([
    ['leaseSeconds', { leaseSeconds: '' }],
    ['leaseSeconds', { leaseSeconds: 86_401 }],
    ['deliveryLimit', { deliveryLimit: 0 }],
    ['messageTtlSeconds', { messageTtlSeconds: 0.5 }],
    ['maxBytes', { maxBytes: 1_023 }],
    ['windowSeconds', { windowSeconds: 59 }],
    ['delaysSeconds', { retry: 'list', delaysSeconds: '1, soon' }],
    ['delaysSeconds', { retry: 'list', delaysSeconds: '' }],
    ['delaysSeconds', { retry: 'list', delaysSeconds: '1 '.repeat(21) }],
    ['maxSeconds', { retry: 'exponential', firstSeconds: 9, maxSeconds: 8 }],
    ['factor', { retry: 'exponential', factor: 11 }],
    ['jitter', { retry: 'list', jitter: 1.1 }],
  ])('finds the fault in %s: %j', (field, part) => {
    expect(faultsOf({ ...usual, ...part })).toEqual([field]);
  });
});

describe('the settings of a queue in words', () => {
  it('are none for a usual queue, of whatever kind', () => {
    expect(unusualSettings(usualQueue)).toEqual([]);
    expect(unusualSettings({ ...usualQueue, kind: 'fifo' })).toEqual([]);
  });

  it('name each one that differs', () => {
    const queue: QueueInput = {
      kind: 'fifo', leaseSeconds: 90, deliveryLimit: null, messageTtlSeconds: 3_600, maxMessages: 1_000, maxBytes: 1_572_864, overflow: 'drop-oldest-to-dead-letters',
      dedup: { windowSeconds: 60, by: 'id' }, retry: { kind: 'list', delaysSeconds: [1, 60], jitter: 0.25 }, deadLetterExchange: 'morgue', deadLetterKey: 'k',
      singleActiveConsumer: true, deleteWhenIdleSeconds: 86_400, fair: false, poison: 'park-group',
    };
    expect(unusualSettings(queue).map(({ label, value }) => `${label}: ${value}`)).toEqual([
      'Lease: 90 s', 'Delivery limit: none', 'Messages expire: after 1 h',
      'At most: 1,000 messages, then the oldest goes to the dead letters', 'At most: 1.5 MiB, then the oldest goes to the dead letters',
      'Duplicates: dropped for 1 min, by dedup id', 'Retry delays: 1 s, 1 min, 25 % left to chance', 'Dead letters go to: morgue with the key k',
      'Consumers: one at a time, the others stand by', 'Deleted: when idle for 1 day', 'A group that fails: is parked until someone looks at it',
    ]);
    expect(unusualSettings({ ...usualQueue, fair: true, retry: { kind: 'exponential', firstSeconds: 1, factor: 2, maxSeconds: 600, jitter: 0 } }).map(({ value }) => value)).toEqual(['1 s, then times 2 up to 10 min', 'take turns']);
  });
});
