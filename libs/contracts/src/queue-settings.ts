import { z } from 'zod';
import { resourceName, routingKey, timestamp } from './fields.js';

export const queueKinds = ['standard', 'fifo', 'priority'] as const;
export type QueueKind = (typeof queueKinds)[number];

/** What a queue can be told, with the bounds of each number; seconds and bytes are whole. */
export const queueLimits = {
  leaseSeconds: { least: 0, most: 86_400 },
  deliveryLimit: { least: 1, most: 1_000 },
  messageTtlSeconds: { least: 1, most: 31_536_000 },
  maxMessages: { least: 1, most: 100_000_000 },
  maxBytes: { least: 1_024, most: 1_099_511_627_776 },
  dedupWindowSeconds: { least: 60, most: 2_592_000 },
  retryDelaySeconds: { least: 0, most: 86_400 },
  retryDelays: { least: 1, most: 20 },
  retryFactor: { least: 1, most: 10 },
  deleteWhenIdleSeconds: { least: 60, most: 31_536_000 },
} as const;

const whole = ({ least, most }: { least: number; most: number }) => z.int().min(least).max(most);

const jitter = z.number().min(0).max(1).default(0).meta({ description: 'Share of each delay that is left to chance, so that what failed together does not come back together' });
const retryDelay = whole(queueLimits.retryDelaySeconds);

export const retryPolicy = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('list'),
      delaysSeconds: z.array(retryDelay).min(queueLimits.retryDelays.least).max(queueLimits.retryDelays.most).meta({ description: 'By the number of deliveries so far; the last one repeats' }),
      jitter,
    }).strict(),
    z.object({
      kind: z.literal('exponential'), firstSeconds: retryDelay,
      factor: z.number().min(queueLimits.retryFactor.least).max(queueLimits.retryFactor.most).default(2), maxSeconds: retryDelay, jitter,
    }).strict(),
  ])
  .meta({ id: 'RetryPolicy' });
export type RetryPolicy = z.output<typeof retryPolicy>;

export const dedupPolicy = z
  .object({
    windowSeconds: whole(queueLimits.dedupWindowSeconds),
    by: z.enum(['id', 'body']).default('id').meta({ description: 'id: by dedup id; body: by dedup id, else by a hash of the body' }),
  })
  .strict()
  .meta({ id: 'DedupPolicy' });

export const queueInput = z
  .object({
    kind: z.enum(queueKinds).default('standard').meta({ description: 'Cannot be changed later' }),
    leaseSeconds: whole(queueLimits.leaseSeconds).default(30),
    deliveryLimit: whole(queueLimits.deliveryLimit).nullable().default(10).meta({ description: 'Deliveries before the dead letters; null for no limit' }),
    messageTtlSeconds: whole(queueLimits.messageTtlSeconds).nullable().default(null).meta({ description: 'Messages not settled by then go to the dead letters' }),
    maxMessages: whole(queueLimits.maxMessages).nullable().default(null).meta({ description: 'Messages not settled; dead letters do not count' }),
    maxBytes: whole(queueLimits.maxBytes).nullable().default(null),
    overflow: z.enum(['reject', 'drop-oldest-to-dead-letters']).default('reject').meta({ description: 'What happens when a limit is reached' }),
    dedup: dedupPolicy.nullable().default(null),
    retry: retryPolicy.nullable().default(null).meta({ description: 'Delay of releases that name none; null: none' }),
    deadLetterExchange: resourceName.nullable().default(null).meta({ description: 'Takes the dead letters; null: the queue keeps them' }),
    deadLetterKey: routingKey.nullable().default(null).meta({ description: 'Routing key of dead letters sent to the exchange; null: their own' }),
    singleActiveConsumer: z.boolean().default(false),
    deleteWhenIdleSeconds: whole(queueLimits.deleteWhenIdleSeconds).nullable().default(null).meta({ description: 'The queue is deleted when nobody published or received this long' }),
    fair: z.boolean().default(false).meta({ description: 'standard only: groups take turns' }),
    poison: z.enum(['dead-letter', 'park-group']).default('dead-letter').meta({ description: 'fifo only: what happens when the first message of a group reaches the delivery limit' }),
  })
  .strict()
  .meta({ id: 'QueueInput' });
export type QueueInput = z.output<typeof queueInput>;

export const queueSchema = z
  .object({ id: z.string(), name: z.string(), ...queueInput.shape })
  .extend({ bindings: z.int().meta({ description: 'Bindings that lead to this queue' }), createdAt: timestamp })
  .meta({ id: 'Queue' });
export type Queue = z.output<typeof queueSchema>;

/** What a queue has that was created without a word about it. */
export const usualQueue: QueueInput = queueInput.parse({});
