import type { Database } from '@waybill/database';
import type { LogOwner } from './segment-search.store.js';

/** Names of queues and exchanges by id; of those that still exist. */
export class ResourceNames {
  constructor(private readonly database: Database) {}

  async of({ tenantId, namespaceId }: LogOwner, ids: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
    if (ids.size === 0) return new Map();
    const where = { tenantId, namespaceId, id: { in: [...ids] } };
    const found = await this.database.withTenant(tenantId, async (tx) => [
      ...(await tx.queue.findMany({ where, select: { id: true, name: true } })),
      ...(await tx.exchange.findMany({ where, select: { id: true, name: true } })),
    ]);
    return new Map(found.map(({ id, name }) => [id, name]));
  }
}
