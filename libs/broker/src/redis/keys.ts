import type { NamespaceId } from '@waybill/kernel';

/**
 * Every key of a namespace carries the hash tag `{namespaceId}`: one Redis Cluster slot, so one script can reach
 * them all (DESIGN.md §4.1). Queues are keyed by id, not by name: a queue created again starts empty.
 */
export const keys = {
  /** hash: `version`, and one field per definition (see TopologyChange) */
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
  /** zset: queue id by the earliest moment (ms) at which a lease or a delay may end */
  due: (ns: NamespaceId) => `{${ns}}:due`,
  /** sharded channel: ids of queues that got work, separated by spaces */
  wake: (ns: NamespaceId) => `{${ns}}:wake`,
  /** hash: `name`, `leaseMs`, `deliveryLimit` (0: none) written by the topology; `cursor` by the broker */
  queue: (ns: NamespaceId, queueId: string) => `{${ns}}:q:${queueId}`,
  /** stream: records in order of position; a message stays until it is settled */
  messages: (ns: NamespaceId, queueId: string) => `{${ns}}:q:${queueId}:messages`,
  /** zset: `<position>:<deliveries>` by position; messages that came back, claimed before the stream goes on */
  returned: (ns: NamespaceId, queueId: string) => `{${ns}}:q:${queueId}:returned`,
  /** zset: `<position>:<deliveries>` by deadline ms */
  leased: (ns: NamespaceId, queueId: string) => `{${ns}}:q:${queueId}:leased`,
  /** zset: `<position>:<deliveries>` by due ms; released with a delay */
  delayed: (ns: NamespaceId, queueId: string) => `{${ns}}:q:${queueId}:delayed`,
  /** stream: dead letters with reason and count */
  dead: (ns: NamespaceId, queueId: string) => `{${ns}}:q:${queueId}:dead`,
  /** set: receipts settled lately, so that repeating a settlement is told from losing a lease */
  settled: (ns: NamespaceId, queueId: string) => `{${ns}}:q:${queueId}:settled`,
  /** set: the generation of `settled` before */
  settledBefore: (ns: NamespaceId, queueId: string) => `{${ns}}:q:${queueId}:settled:before`,
} as const;

/** All keys a queue owns, for its deletion. */
export function queueKeys(ns: NamespaceId, queueId: string): string[] {
  return [keys.queue, keys.messages, keys.returned, keys.leased, keys.delayed, keys.dead, keys.settled, keys.settledBefore].map((key) => key(ns, queueId));
}

/** zset over all namespaces: namespace id by the last moment (ms) a gateway saw it move. Belongs to no slot. */
export const activeNamespacesKey = 'waybill:active';
