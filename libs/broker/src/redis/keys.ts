import type { NamespaceId } from '@waybill/kernel';

/**
 * Every key of a namespace carries the hash tag `{namespaceId}`: one Redis Cluster slot, so one script can reach
 * them all (DESIGN.md §4.1). Queues are keyed by id, not by name: a queue created again starts empty.
 */
export const keys = {
  /** hash: `version`, `log` (`off`: no message log), one field per definition (see TopologyChange), and the terms of publishing (gate.lua, libs/metering/src/terms) */
  topology: (ns: NamespaceId) => `{${ns}}:topology`,
  /** stream: entry `<version>-0`, field `ops`; the newest changes, so that a gateway can catch up without reading all */
  topologyChanges: (ns: NamespaceId) => `{${ns}}:topology:changes`,
  /** string: the last position given out */
  position: (ns: NamespaceId) => `{${ns}}:position`,
  /** hash: `<hour>|<dimension>|<cause>|<resourceId>` to count, since the last seal */
  openUsage: (ns: NamespaceId) => `{${ns}}:usage:open`,
  /** list: ids of sealed batches that are not yet in the ledger */
  sealedBatches: (ns: NamespaceId) => `{${ns}}:usage:sealed`,
  /** hash: a sealed batch, never written again */
  usageBatch: (ns: NamespaceId, batchId: string) => `{${ns}}:usage:batch:${batchId}`,
  /** zset: queue id by the earliest moment (ms) at which a lease, a delay or a life may end */
  due: (ns: NamespaceId) => `{${ns}}:due`,
  /** sharded channel: ids of queues that got work, separated by spaces */
  wake: (ns: NamespaceId) => `{${ns}}:wake`,
  /** stream: what happened to messages and is not yet in the database (docs/adr/0015-message-log.md) */
  log: (ns: NamespaceId) => `{${ns}}:log`,
  /** string: bytes of values in `log` */
  logBytes: (ns: NamespaceId) => `{${ns}}:log:bytes`,
  /** set: queues whose dead letters wait to be sent to an exchange */
  forward: (ns: NamespaceId) => `{${ns}}:forward`,
  /** hash: id of a body stored outside by the number of copies that need it; `@bytes`: what all of them take */
  bodies: (ns: NamespaceId) => `{${ns}}:bodies`,
  /** list: ids of bodies nothing needs any more */
  freeBodies: (ns: NamespaceId) => `{${ns}}:bodies:free`,
  /** hash: Idempotency-Key digest by request digest and what it stored; two generations of a day */
  idempotency: (ns: NamespaceId) => `{${ns}}:idempotency`,
  idempotencyBefore: (ns: NamespaceId) => `{${ns}}:idempotency:before`,
  /** zset: schedule name by the moment (ms) of its next run */
  schedulesDue: (ns: NamespaceId) => `{${ns}}:schedules:due`,
  /** stream: attempts of push subscriptions that are not yet in the database; `s` subscription, `a` attempts */
  attempts: (ns: NamespaceId) => `{${ns}}:attempts`,
  /** string: bytes of values in `attempts` */
  attemptBytes: (ns: NamespaceId) => `{${ns}}:attempts:bytes`,
  /** hash of a push subscription: `run`, how often a worker took it; `state`, how its destination does; `settled:<n>`, last calls */
  push: (ns: NamespaceId, subscriptionId: string) => `{${ns}}:push:${subscriptionId}`,
  /** hash of a push subscription: by the position of a message the tries it had, and by `at:<position>` when the last one failed, ms */
  pushTries: (ns: NamespaceId, subscriptionId: string) => `{${ns}}:push:${subscriptionId}:tries`,
  /** hash: settings written by the topology (queue-settings.ts); `cursor`, `bytes`, `deadBytes`, `paused`, ... by the broker */
  queue: (ns: NamespaceId, queueId: string) => `{${ns}}:q:${queueId}`,
  /** stream: records in order of position; a message stays until it is settled */
  messages: (ns: NamespaceId, queueId: string) => `{${ns}}:q:${queueId}:messages`,
} as const;

/**
 * What one queue owns beside its hash and its stream, in the order of redis/lua/queue.lua. A member names a message:
 * `<position, 16 digits>:<deliveries>:<record bytes>`, with `L` after the bytes when the body is stored outside.
 */
const beside = [
  /** zset. standard: members that came back, by position. priority: all ready ones, by digit of rank and position. grouped: `<group>\0<member>`, by text */
  'waiting',
  /** zset: `<member>:<holder>` by deadline ms */
  'leased',
  /** zset: member by due ms */
  'delayed',
  /** stream: dead letters; `r` record, `p` position it had, `n` deliveries, `w` reason */
  'dead',
  /** zset: position by the moment (ms) it expires; `inf` when it expired while it was not ready */
  'expiring',
  /** zset: groups that have a message to hand out, by whose turn it is */
  'turns',
  /** hash, fifo: group by the position in flight */
  'busy',
  /** hash: parked group by reason */
  'parked',
  /** zset: `<member>:<key>` by return ms */
  'deferred',
  /** hash: key by member */
  'deferred:keys',
  /** set: receipts settled lately, so that repeating a settlement is told from losing a lease */
  'settled',
  /** set: the generation of `settled` before */
  'settled:before',
  /** hash: name of a holder by its number */
  'holders',
  /** hash: dedup digest by position of the original; two generations of a window */
  'dedup',
  'dedup:before',
] as const;

/** All keys a queue owns, in the order in which scripts take them. */
export function queueKeys(ns: NamespaceId, queueId: string): string[] {
  const hash = keys.queue(ns, queueId);
  return [hash, keys.messages(ns, queueId), ...beside.map((name) => `${hash}:${name}`)];
}

export function queueKey(ns: NamespaceId, queueId: string, name: (typeof beside)[number]): string {
  return `${keys.queue(ns, queueId)}:${name}`;
}

/** The keys of a namespace in the order of redis/lua/queue.lua; those of queues follow. */
export function namespaceKeys(ns: NamespaceId): string[] {
  return [keys.topology, keys.position, keys.openUsage, keys.wake, keys.due, keys.log, keys.logBytes, keys.forward, keys.bodies, keys.freeBodies].map((key) => key(ns));
}

/** zset over all namespaces: namespace id by the last moment (ms) a gateway saw it move. Belongs to no slot. */
export const activeNamespacesKey = 'waybill:active';
