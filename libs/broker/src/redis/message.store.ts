import { WaybillError } from '@waybill/kernel';
import type { NamespaceId } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import type { Position } from '../position.js';
import { isPlain, logDetailsOf, optionsOf, planOf } from '../publish-plan.js';
import type { Cause, RoutedRecord, UnitShape } from '../publish-plan.js';
import { leaseOf } from '../receipt.js';
import type { Receipt } from '../receipt.js';
import type { Route } from '../routing/routing-table.js';
import type { QueueDefinition } from '../topology-change.js';
import { keys, queueKeys } from './keys.js';
import type { QueueRef } from './queue.store.js';
import { Script, text } from './script.store.js';

/** What a publish takes away in the same step. A schedule moves on from the moment it was due. */
export type Taking =
  | { readonly kind: 'lease'; readonly queue: QueueRef; readonly receipt: Receipt }
  | { readonly kind: 'dead' | 'ready'; readonly queue: QueueRef; readonly position: Position }
  | { readonly kind: 'schedule'; readonly name: string; readonly dueMs: number; readonly nextMs: number | null };

/** One message and one queue, or one unit, of which there is more to say than that it was stored. */
export type Exception =
  | { readonly kind: 'duplicate'; readonly message: number; readonly queue: QueueDefinition; readonly original: Position }
  | { readonly kind: 'refused'; readonly message: number; readonly queue: QueueDefinition; readonly limit: 'maxMessages' | 'maxBytes' }
  | { readonly kind: 'left_out'; readonly message: number }
  /** Left out because of the quota of the plan. */
  | { readonly kind: 'over_quota'; readonly message: number }
  | { readonly kind: 'replayed'; readonly unit: number; readonly first: Position }
  | { readonly kind: 'key_reused'; readonly unit: number };

export interface Stored {
  /** Position of the first record; the others follow one by one. */
  readonly first: Position;
  readonly exceptions: readonly Exception[];
  /** Last position of the namespace before this call; told by the calls that nearly all are. */
  readonly before?: Position | undefined;
}

export interface PublishCall {
  readonly topologyVersion: string;
  readonly cause: Cause;
  readonly records: readonly RoutedRecord[];
  readonly units: readonly UnitShape[];
  readonly taking?: Taking | undefined;
}

const publishScript = new Script('publish');
const plainScript = new Script('publish-plain');
/** Of one unit of `mq_message_units`; publish.lua and reply-put.lua know it too. */
const messageUnitKib = 64;
const noExceptions: readonly Exception[] = [];

/** Bytes that may wait in a namespace's message log before publishing stops. */
export const logLimitDefaultBytes = 256 * 1024 * 1024;

/** Writes messages. The Lua script behind it stores, counts and logs in one atomic step. */
export class MessageStore {
  constructor(
    private readonly redis: Redis,
    private readonly logLimitBytes = logLimitDefaultBytes,
  ) {}

  /**
   * Stores the records in their queues, in order. `stale`: the topology has moved on since they were routed; nothing was
   * stored. Fails with `message_log_full`, `spend_cap_reached`, `payment_overdue` and `quota_exceeded`; with `taking` also `lease_lost`, `message_not_found`, `schedule_not_found` and
   * `queue_full`, and then nothing was done.
   */
  async publish(ns: NamespaceId, call: PublishCall): Promise<Stored | 'stale'> {
    const { records, units, taking } = call;
    const routeIndex = new Map<Route, number>();
    const routeOf = Buffer.allocUnsafe(records.length * 2);
    for (let i = 0; i < records.length; i += 1) {
      const { route } = records[i] as RoutedRecord;
      let index = routeIndex.get(route);
      if (index === undefined) routeIndex.set(route, (index = routeIndex.size));
      routeOf.writeUInt16BE(index, i * 2);
    }
    const plan = planOf(ns, call.cause, records, routeIndex);
    const details = logDetailsOf(records, units);
    const idempotent = units.some(({ idempotency }) => idempotency);
    let reply: unknown[] | undefined;
    // Bodies outside need the script that counts copies of them, and messages of more than one unit that which counts units.
    if (plan.plain && !taking && !idempotent && !records.some(({ bytes, kib }) => (bytes[4] as number) >= 0x80 || kib > messageUnitKib)) {
      const { plain } = plan;
      const kib = records.reduce((sum, record) => sum + record.kib, 0);
      const args: (string | Buffer | number)[] = [call.topologyVersion, plain.queues, plain.on, plain.exchanges, kib, plan.json, routeOf, details, this.logLimitBytes];
      for (let i = 0; i < records.length; i += 1) args.push((records[i] as RoutedRecord).bytes);
      reply = await plainScript.run(this.redis, plain.keys, args);
      if (text(reply[0]) === 'stored') return { first: Number(text(reply[1])), exceptions: noExceptions, before: Number(text(reply[2])) };
    }
    const taken = taking ? JSON.stringify(takingArgument(taking)) : '';
    // Where the quota does not take all of it, the script must know which messages belong together.
    for (const shaped of [plan.queues.some((queue) => !isPlain(queue)), true]) {
      if (reply !== undefined && text(reply[0]) !== 'over_quota') break;
      if (reply !== undefined && !shaped) continue;
      const args: (string | Buffer | number)[] = [call.topologyVersion, plan.json, routeOf, details, this.logLimitBytes, optionsOf(records, units, shaped), taken];
      for (let i = 0; i < records.length; i += 1) args.push((records[i] as RoutedRecord).bytes);
      reply = await publishScript.run(this.redis, keysOf(ns, plan.keys, idempotent, taking), args);
    }
    reply = reply as unknown[];
    switch (text(reply[0])) {
      case 'stored':
        return { first: Number(text(reply[1])), exceptions: reply.length === 2 ? noExceptions : exceptionsOf(reply.slice(2), plan.queues, Number(text(reply[1]))) };
      case 'stale':
        return 'stale';
      case 'log_full':
        throw new WaybillError('message_log_full', { retryAfterSeconds: 1 });
      case 'closed':
        throw closedBy(text(reply[1]));
      case 'lease_lost':
        throw new WaybillError('lease_lost');
      case 'refused':
        throw refusedBy(exceptionsOf(reply.slice(1), plan.queues, 0));
      default:
        throw new WaybillError(taking?.kind === 'schedule' ? 'schedule_not_found' : 'message_not_found');
    }
  }
}

/** The words of `gate` (libs/metering/src/terms/publish-terms.ts). */
function closedBy(gate: string): WaybillError {
  if (gate === 'cap') return new WaybillError('spend_cap_reached');
  return new WaybillError(gate === 'stop' ? 'quota_exceeded' : 'payment_overdue');
}

/** Names the quota, or a queue that refused. */
export function refusedBy(exceptions: readonly Exception[]): WaybillError {
  if (exceptions.some(({ kind }) => kind === 'over_quota')) return new WaybillError('quota_exceeded');
  const refused = exceptions.find((exception) => exception.kind === 'refused');
  return new WaybillError('queue_full', { queue: refused?.queue.name ?? '', retryAfterSeconds: 5 });
}

function keysOf(ns: NamespaceId, planKeys: readonly string[], idempotent: boolean, taking: Taking | undefined): readonly string[] {
  if (!taking && !idempotent) return planKeys;
  return [
    ...planKeys,
    ...(taking ? (taking.kind === 'schedule' ? [keys.schedulesDue(ns)] : queueKeys(ns, taking.queue.id)) : []),
    ...(idempotent ? [keys.idempotency(ns), keys.idempotencyBefore(ns)] : []),
  ];
}

function takingArgument(taking: Taking) {
  if (taking.kind === 'schedule') return { kind: taking.kind, at: taking.name, due: taking.dueMs, next: taking.nextMs ?? undefined };
  const { kind, queue } = taking;
  return { kind, id: queue.id, at: kind === 'lease' ? leaseOf(taking.receipt) : String(taking.position) };
}

/** `@<index>` is a message of the same call. */
function positionIn(detail: string, first: Position): Position {
  return detail.startsWith('@') ? first + Number(detail.slice(1)) : Number(detail);
}

function exceptionsOf(replies: readonly unknown[], queues: readonly QueueDefinition[], first: Position): Exception[] {
  return replies.map((reply): Exception => {
    const [index, queueIndex, code, detail = ''] = text(reply).split(':') as [string, string, string, string?];
    const message = Number(index);
    const queue = queues[Number(queueIndex)] as QueueDefinition;
    switch (code) {
      case 'd':
        return { kind: 'duplicate', message, queue, original: positionIn(detail, first) };
      case 'r':
        return { kind: 'refused', message, queue, limit: detail as 'maxMessages' | 'maxBytes' };
      case 'i':
        return { kind: 'replayed', unit: message, first: positionIn(detail, first) };
      case 'k':
        return { kind: 'key_reused', unit: message };
      case 'q':
        return { kind: 'over_quota', message };
      default:
        return { kind: 'left_out', message };
    }
  });
}
