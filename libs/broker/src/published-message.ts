import { WaybillError } from '@waybill/kernel';
import type { RoutedRecord, UnitShape } from './publish-plan.js';
import { messageIdOf } from './position.js';
import { refusedBy } from './redis/message.store.js';
import type { Exception, Stored } from './redis/message.store.js';
import type { Route } from './routing/routing-table.js';
import type { QueueDefinition } from './topology-change.js';

/** What became of one message. */
export interface PublishedMessage {
  /** Its id; that of the original when every queue it reached had stored it before. */
  readonly id: string;
  readonly route: Route;
  readonly kib: number;
  /** `refused`: every queue it reached was full. `over_quota`: beyond what the plan includes. `replayed`: the same request was carried out before, under its Idempotency-Key. */
  readonly outcome: 'stored' | 'refused' | 'over_quota' | 'duplicate' | 'replayed';
  readonly stored: readonly QueueDefinition[];
  readonly refused: readonly { readonly queue: QueueDefinition; readonly limit: 'maxMessages' | 'maxBytes' }[];
  readonly duplicates: readonly { readonly queue: QueueDefinition; readonly originalId: string }[];
}

const none: readonly never[] = [];

/** What became of a unit's messages. Throws `queue_full` when it was to be stored whole and was not, `idempotency_key_reused`. */
export function resultsOf(unit: UnitShape, unitIndex: number, routed: readonly RoutedRecord[], { first, exceptions }: Stored): PublishedMessage[] {
  if (exceptions.length === 0) {
    const published: PublishedMessage[] = [];
    for (let i = unit.first; i < unit.first + unit.count; i += 1) published.push(storedMessage(routed[i] as RoutedRecord, first + i));
    return published;
  }
  const before = exceptions.find((exception) => 'unit' in exception && exception.unit === unitIndex);
  if (before?.kind === 'key_reused') throw new WaybillError('idempotency_key_reused');
  if (before?.kind === 'replayed') {
    return range(unit).map((i) => ({ ...storedMessage(routed[i] as RoutedRecord, before.first + i - unit.first), outcome: 'replayed' }));
  }
  const own = exceptions.filter((exception) => 'message' in exception && exception.message >= unit.first && exception.message < unit.first + unit.count);
  if (unit.atomic && own.some(({ kind }) => kind === 'left_out')) throw refusedBy(own);
  return range(unit).map((i) => exceptional(routed[i] as RoutedRecord, first + i, own.filter((exception) => 'message' in exception && exception.message === i)));
}

function range({ first, count }: UnitShape): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}

function storedMessage({ route, kib, ownId }: RoutedRecord, position: number): PublishedMessage {
  return { id: ownId ?? messageIdOf(position), route, kib, outcome: 'stored', stored: route.queues, refused: none, duplicates: none };
}

function exceptional(record: RoutedRecord, position: number, exceptions: readonly Exception[]): PublishedMessage {
  const whole = storedMessage(record, position);
  if (exceptions.length === 0) return whole;
  if (exceptions.some(({ kind }) => kind === 'over_quota')) return { ...whole, outcome: 'over_quota', stored: none };
  const refused = exceptions.flatMap((exception) => (exception.kind === 'refused' ? [{ queue: exception.queue, limit: exception.limit }] : []));
  const duplicates = exceptions.flatMap((exception) => (exception.kind === 'duplicate' ? [{ queue: exception.queue, originalId: messageIdOf(exception.original) }] : []));
  const left = new Set([...refused, ...duplicates].map(({ queue }) => queue.id));
  const stored = record.route.queues.filter(({ id }) => !left.has(id));
  const [original] = duplicates;
  if (stored.length > 0) return { ...whole, stored, refused, duplicates };
  return original ? { ...whole, id: original.originalId, outcome: 'duplicate', stored, refused, duplicates } : { ...whole, outcome: 'refused', stored, refused, duplicates };
}
