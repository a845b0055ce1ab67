import type { QueueDefinition } from './topology-change.js';

/**
 * What the scripts read about a queue, as fields and values of its hash. All of them, every time: a setting that was
 * taken away must not live on. '' is none, '1' is yes, durations are milliseconds.
 */
export function queueSettings(queue: QueueDefinition): string[] {
  const text = (value: number | string | undefined) => (value === undefined ? '' : String(value));
  return [
    'name', queue.name,
    'kind', queue.kind === 'standard' && queue.fair ? 'fair' : queue.kind,
    'leaseMs', text(queue.leaseMs),
    'deliveryLimit', text(queue.deliveryLimit ?? 0),
    'ttlMs', text(queue.messageTtlMs),
    'deadLetterExchange', text(queue.deadLetterExchange),
    'single', queue.singleActiveConsumer ? '1' : '',
    'idleMs', text(queue.deleteWhenIdleMs),
    'poison', queue.poison === 'park-group' ? 'park' : '',
  ];
}
