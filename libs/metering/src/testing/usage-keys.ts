import type { NamespaceId } from '@waybill/kernel';
import type { UsageKeys } from '../usage-counter.store.js';

/** As the broker names them; this lib does not know the broker. */
export const usageKeys = {
  openUsage: (ns) => `{${ns}}:usage:open`,
  sealedBatches: (ns) => `{${ns}}:usage:sealed`,
  usageBatch: (ns, id) => `{${ns}}:usage:batch:${id}`,
  topology: (ns: NamespaceId) => `{${ns}}:topology`,
} satisfies UsageKeys & { topology(ns: NamespaceId): string };
