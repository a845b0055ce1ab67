import type { NamespaceId } from '@waybill/kernel';
import type { EncodedRecord } from './record.js';
import { keys, namespaceKeys, queueKeys } from './redis/keys.js';
import { meteredExchanges } from './routing/routing-table.js';
import type { Route } from './routing/routing-table.js';
import type { QueueDefinition } from './topology-change.js';

/** Why messages move; prices may differ by it (billing.md §4). Only the first two count as messages. */
export type Cause = 'publish' | 'schedule' | 'dead-letter' | 'replay';

/** What a message asks for beside its place; milliseconds from now. `dedup`: `i<hex>` of its dedup id or `b<hex>` of its body. */
export interface MessageExtra {
  readonly delayMs?: number | undefined;
  readonly ttlMs?: number | undefined;
  readonly dedup?: string | undefined;
}

export interface RoutedRecord extends EncodedRecord {
  readonly route: Route;
  readonly extra: MessageExtra | undefined;
}

/** A caller's messages within one script call. */
export interface UnitShape {
  readonly first: number;
  readonly count: number;
  /** Stored all or none. */
  readonly atomic: boolean;
  /** Id of the key it was published with. */
  readonly publishedBy: string;
  readonly idempotency?: { readonly key: string; readonly request: string } | undefined;
}

export interface PublishPlan {
  readonly keys: string[];
  readonly json: string;
  /** By their index in the plan. */
  readonly queues: readonly QueueDefinition[];
  /** Set when all messages go one way through plain queues: what redis/lua/publish-plain.lua wants. */
  readonly plain?: { readonly keys: string[]; readonly queues: string; readonly on: string; readonly exchanges: string };
}

/** A queue of which a publish need not know more than its stream. */
export function isPlain(queue: QueueDefinition): boolean {
  return (
    queue.kind === 'standard' && !queue.fair && queue.maxMessages === undefined && queue.maxBytes === undefined && queue.messageTtlMs === undefined && queue.dedup === undefined &&
    queue.deleteWhenIdleMs === undefined
  );
}

const plansOfOne = new WeakMap<Route, Map<string, PublishPlan>>();

/** The plan of redis/lua/publish.lua. Nearly all calls go one way through plain queues: that plan is written once. */
export function planOf(ns: NamespaceId, cause: Cause, records: readonly RoutedRecord[], routeIndex: Map<Route, number>): PublishPlan {
  const timed = records.some(({ extra, route }) => extra !== undefined || route.delaysMs !== undefined);
  const [only] = routeIndex.keys();
  if (timed || routeIndex.size > 1 || !only) return compose(ns, cause, records, routeIndex, timed);
  let plans = plansOfOne.get(only);
  if (!plans) plansOfOne.set(only, (plans = new Map()));
  const name = `${ns} ${cause}`;
  let plan = plans.get(name);
  if (!plan) plans.set(name, (plan = withPlain(ns, cause, only, compose(ns, cause, records, routeIndex, false))));
  return plan;
}

function withPlain(ns: NamespaceId, cause: Cause, route: Route, plan: PublishPlan): PublishPlan {
  const { queues } = route;
  if (cause !== 'publish' || queues.length === 0 || !queues.every(isPlain)) return plan;
  const plainKeys = [keys.topology(ns), keys.position(ns), keys.openUsage(ns), keys.wake(ns), keys.log(ns), keys.logBytes(ns)];
  for (const { id } of queues) plainKeys.push(keys.queue(ns, id), keys.messages(ns, id));
  const exchanges = meteredExchanges(route).map(({ id }) => id).join(' ');
  return { ...plan, plain: { keys: plainKeys, queues: queues.map(({ id }) => id).join(' '), on: route.meteredOn || ns, exchanges } };
}

function compose(ns: NamespaceId, cause: Cause, records: readonly RoutedRecord[], routeIndex: Map<Route, number>, timed: boolean): PublishPlan {
  const touched = new Set<string>();
  if (timed) {
    for (const { route, extra } of records) if (extra !== undefined || route.delaysMs) for (const { id } of route.queues) touched.add(id);
  }
  const queues: QueueDefinition[] = [];
  const indexOf = new Map<string, number>();
  const routes = [...routeIndex.keys()].map((route) => {
    const reached = route.queues.map((queue) => {
      let index = indexOf.get(queue.id);
      if (index === undefined) {
        indexOf.set(queue.id, (index = queues.length));
        queues.push(queue);
      }
      return index;
    });
    const metered = meteredExchanges(route).map(({ id }) => id);
    // The log shows the built-in exchange as well, though it is never metered.
    const all = metered.length === route.exchanges.length ? undefined : route.exchanges.map(({ id }) => id);
    return { on: route.meteredOn || ns, exchanges: metered, queues: reached, all, delays: route.delaysMs };
  });
  const planKeys = namespaceKeys(ns);
  const entries = queues.map((queue) => {
    if (isPlain(queue) && !touched.has(queue.id)) {
      planKeys.push(keys.queue(ns, queue.id), keys.messages(ns, queue.id));
      return queue.id;
    }
    planKeys.push(...queueKeys(ns, queue.id));
    return settingsOf(queue);
  });
  return { keys: planKeys, json: JSON.stringify({ cause, queues: entries, routes }), queues };
}

function settingsOf(queue: QueueDefinition) {
  return {
    id: queue.id,
    k: queue.kind === 'standard' && queue.fair ? 'fair' : queue.kind,
    ttl: queue.messageTtlMs,
    max: queue.maxMessages,
    bytes: queue.maxBytes,
    drop: queue.overflow === 'drop-oldest-to-dead-letters' ? 1 : undefined,
    dw: queue.dedup?.windowMs,
    db: queue.dedup?.by === 'body' ? 1 : undefined,
    idle: queue.deleteWhenIdleMs === undefined ? undefined : 1,
  };
}

/** What the script must know of single messages and of units; '' when it is nothing. */
export function optionsOf(records: readonly RoutedRecord[], units: readonly UnitShape[], careful: boolean): string {
  const messages: Record<string, unknown> = {};
  let any = false;
  for (const [index, { extra }] of records.entries()) {
    if (!extra) continue;
    any = true;
    messages[index] = { d: extra.delayMs, x: extra.ttlMs, u: extra.dedup };
  }
  const shaped = careful || units.some(({ idempotency }) => idempotency);
  if (!any && !shaped) return '';
  const u = units.map(({ first, count, atomic, idempotency }) => ({ f: first, n: count, a: atomic ? 1 : undefined, k: idempotency?.key, g: idempotency?.request }));
  return JSON.stringify({ m: any ? messages : undefined, u: shaped ? u : undefined });
}

const countBytes = 2;
const sizeBytes = 4;
/** Longest text the log keeps; routing keys are no longer. */
const textBytes = 255;

/**
 * What the message log keeps of the messages beside the plan: per unit the number of messages (2 bytes) and who
 * published, then per message its metered size (4 bytes), its own id and its routing key; texts after one byte of length.
 */
export function logDetailsOf(records: readonly RoutedRecord[], units: readonly UnitShape[]): Buffer {
  let bytes = 0;
  for (const { publishedBy, count } of units) bytes += countBytes + 1 + Math.min(textBytes, Buffer.byteLength(publishedBy)) + count * (sizeBytes + 2);
  for (const { key, ownId } of records) bytes += (key === '' ? 0 : Buffer.byteLength(key)) + (ownId?.length ?? 0);
  const details = Buffer.allocUnsafe(bytes);
  let at = 0;
  const text = (value: string) => {
    const length = value === '' ? 0 : details.write(value, at + 1, Math.min(textBytes, details.length - at - 1), 'utf8');
    details[at] = length;
    at += 1 + length;
  };
  for (const { first, count, publishedBy } of units) {
    at = details.writeUInt16BE(count, at);
    text(publishedBy);
    for (let i = first; i < first + count; i += 1) {
      const { meteredBytes, ownId, key } = records[i] as RoutedRecord;
      at = details.writeUInt32BE(meteredBytes, at);
      text(ownId ?? '');
      text(key);
    }
  }
  return details.subarray(0, at);
}
