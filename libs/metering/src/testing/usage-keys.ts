import type { NamespaceId } from '@waybill/kernel';
import type { RetainedKeys } from '../archive/retained-bytes.store.js';
import type { TermsKeys } from '../terms/terms-copy.store.js';
import type { UsageKeys } from '../usage-counter.store.js';

/** As the broker names them; this lib does not know the broker. */
export const usageKeys = {
  openUsage: (ns) => `{${ns}}:usage:open`,
  sealedBatches: (ns) => `{${ns}}:usage:sealed`,
  usageBatch: (ns, id) => `{${ns}}:usage:batch:${id}`,
  topology: (ns: NamespaceId) => `{${ns}}:topology`,
  queue: (ns: NamespaceId, id: string) => `{${ns}}:q:${id}`,
  bodies: (ns: NamespaceId) => `{${ns}}:bodies`,
} satisfies UsageKeys & TermsKeys & RetainedKeys;
