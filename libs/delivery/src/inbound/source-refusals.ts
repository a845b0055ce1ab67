import type { Caller } from '@waybill/kernel';
import type { RefusedCallStore, RefusedWhy } from './refused-call.store.js';
import type { SourceStore } from './source.store.js';

export interface SourceRefusalsView {
  readonly calls: number;
  readonly lastAt: string | null;
  readonly lastReason: RefusedWhy | null;
}

/** What came to a source and was not let in. */
export class SourceRefusals {
  constructor(
    private readonly sources: Pick<SourceStore, 'get'>,
    private readonly refused: Pick<RefusedCallStore, 'find'>,
  ) {}

  /** Fails with `namespace_not_found`, `source_not_found`, `store_unavailable`. */
  async of(caller: Caller, namespaceId: string, name: string): Promise<SourceRefusalsView> {
    const { id } = await this.sources.get(caller, namespaceId, name);
    const sum = await this.refused.find(id);
    return sum === null ? { calls: 0, lastAt: null, lastReason: null } : { calls: sum.calls, lastAt: new Date(sum.lastAtMs).toISOString(), lastReason: sum.lastReason };
  }
}
