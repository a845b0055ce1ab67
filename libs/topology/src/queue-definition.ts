import type { QueueDefinition, RetryPolicy as RetryMs } from '@waybill/broker';
import type { RetryPolicy } from './definitions.js';
import type { QueueSettingsRow } from './queue-settings.js';
import { queueSettingsOf } from './queue-settings.js';

const ms = (seconds: number): number => seconds * 1_000;

/** What the broker works by: milliseconds, and nothing said that is as usual, because every gateway holds it. */
export function queueDefinition(row: QueueSettingsRow & { id: string; name: string }): QueueDefinition {
  const { kind, leaseSeconds, deliveryLimit, dedup, retry, ...rest } = queueSettingsOf(row);
  return {
    id: row.id, name: row.name, kind, leaseMs: ms(leaseSeconds), deliveryLimit,
    ...(rest.messageTtlSeconds === null ? {} : { messageTtlMs: ms(rest.messageTtlSeconds) }),
    ...(rest.maxMessages === null ? {} : { maxMessages: rest.maxMessages }),
    ...(rest.maxBytes === null ? {} : { maxBytes: rest.maxBytes }),
    ...(rest.overflow === 'reject' ? {} : { overflow: rest.overflow }),
    ...(dedup === null ? {} : { dedup: { windowMs: ms(dedup.windowSeconds), by: dedup.by } }),
    ...(retry === null ? {} : { retry: retryMs(retry) }),
    ...(rest.deadLetterExchange === null ? {} : { deadLetterExchange: rest.deadLetterExchange }),
    ...(rest.deadLetterKey === null ? {} : { deadLetterKey: rest.deadLetterKey }),
    ...(rest.singleActiveConsumer ? { singleActiveConsumer: true } : {}),
    ...(rest.deleteWhenIdleSeconds === null ? {} : { deleteWhenIdleMs: ms(rest.deleteWhenIdleSeconds) }),
    ...(rest.fair ? { fair: true } : {}),
    ...(rest.poison === 'dead-letter' ? {} : { poison: rest.poison }),
  };
}

function retryMs(retry: RetryPolicy): RetryMs {
  const { jitter } = retry;
  if (retry.kind === 'list') return { kind: 'list', delaysMs: retry.delaysSeconds.map(ms), jitter };
  return { kind: 'exponential', firstMs: ms(retry.firstSeconds), factor: retry.factor, maxMs: ms(retry.maxSeconds), jitter };
}
