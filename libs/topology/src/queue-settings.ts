import { defaultExchange } from '@waybill/broker';
import { z } from 'zod';
import type { QueueInput, QueueSettings } from './definitions.js';
import { patternLimitBytes } from './limits.js';
import { requireText, settingInvalid } from './refusals.js';

/** The columns of a queue that its settings come from. */
export interface QueueSettingsRow {
  readonly kind: string;
  readonly leaseSeconds: number;
  readonly deliveryLimit: number | null;
  readonly deadLetterExchange: string | null;
  readonly deleteWhenIdleSeconds: number | null;
  readonly settings: unknown;
}

const retry = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('list'), delaysSeconds: z.array(z.number()), jitter: z.number() }),
  z.object({ kind: z.literal('exponential'), firstSeconds: z.number(), factor: z.number(), maxSeconds: z.number(), jitter: z.number() }),
]);

/** The column `settings`. What a row does not say is what a queue had before there was such a setting. */
const stored = z.object({
  messageTtlSeconds: z.number().nullable().default(null),
  maxMessages: z.number().nullable().default(null),
  maxBytes: z.number().nullable().default(null),
  overflow: z.enum(['reject', 'drop-oldest-to-dead-letters']).default('reject'),
  dedup: z.object({ windowSeconds: z.number(), by: z.enum(['id', 'body']) }).nullable().default(null),
  retry: retry.nullable().default(null),
  deadLetterKey: z.string().nullable().default(null),
  singleActiveConsumer: z.boolean().default(false),
  fair: z.boolean().default(false),
  poison: z.enum(['dead-letter', 'park-group']).default('dead-letter'),
});
type Stored = z.output<typeof stored>;

/**
 * Fills in the defaults. Fails with `setting_invalid` where a setting fits neither the kind nor the others,
 * `text_invalid`. The bounds of the numbers are the contract's.
 */
export function completeQueueSettings(input: QueueInput): QueueSettings {
  const { kind, leaseSeconds, deliveryLimit, deadLetterExchange = null, deleteWhenIdleSeconds = null } = input;
  const settings = { kind, leaseSeconds, deliveryLimit, deadLetterExchange, deleteWhenIdleSeconds, ...stored.parse(input) };
  requireKind(settings);
  requireFit(settings);
  return settings;
}

function requireKind({ kind, fair, poison }: QueueSettings): void {
  if (fair && kind !== 'standard') throw settingInvalid('fair', 'only a standard queue lets groups take turns');
  if (poison === 'park-group' && kind !== 'fifo') throw settingInvalid('poison', 'only a fifo queue parks groups');
}

function requireFit({ overflow, maxMessages, maxBytes, retry: policy, deadLetterExchange, deadLetterKey }: QueueSettings): void {
  if (overflow !== 'reject' && maxMessages === null && maxBytes === null) throw settingInvalid('overflow', 'nothing overflows without maxMessages or maxBytes');
  if (policy?.kind === 'exponential' && policy.maxSeconds < policy.firstSeconds) throw settingInvalid('retry.maxSeconds', 'it is smaller than firstSeconds');
  if (deadLetterExchange === defaultExchange) throw settingInvalid('deadLetterExchange', 'the default exchange cannot take dead letters');
  if (deadLetterKey === null) return;
  if (deadLetterExchange === null) throw settingInvalid('deadLetterKey', 'it needs a deadLetterExchange');
  if (Buffer.byteLength(deadLetterKey) > patternLimitBytes) throw settingInvalid('deadLetterKey', `it has more than ${patternLimitBytes} bytes`);
  requireText('deadLetterKey', deadLetterKey);
}

export function queueSettingsOf(row: QueueSettingsRow): QueueSettings {
  const { leaseSeconds, deliveryLimit, deadLetterExchange, deleteWhenIdleSeconds } = row;
  const settings: Stored = stored.parse(row.settings);
  return {
    kind: row.kind as QueueSettings['kind'], leaseSeconds, deliveryLimit, deadLetterExchange, deleteWhenIdleSeconds, ...settings,
    // An exchange that is deleted leaves its column empty and the key where it was.
    deadLetterKey: deadLetterExchange === null ? null : settings.deadLetterKey,
  };
}

/** What changes with a setting: `kind` never does. */
export function queueColumns({ kind: _kind, leaseSeconds, deliveryLimit, deadLetterExchange, deleteWhenIdleSeconds, ...rest }: QueueSettings) {
  return { leaseSeconds, deliveryLimit, deadLetterExchange, deleteWhenIdleSeconds, settings: stored.parse(rest) };
}
