import type { Database } from '@waybill/database';
import type { NamespaceId } from '@waybill/kernel';
import { outboxKept } from './limits.js';
import type { VersionedChange } from './namespace.store.js';
import type { SnapshotStep } from './snapshot-step.js';

export interface NamespaceVersion {
  readonly id: NamespaceId;
  /** Of the newest committed change. */
  readonly version: bigint;
}

/** Committed changes on their way to Redis. Works for all tenants: it carries out what their callers committed. */
export class OutboxStore {
  constructor(private readonly database: Database) {}

  /** Up to `limit` namespaces with a change that is not known to be in force. */
  outstanding(limit: number): Promise<NamespaceVersion[]> {
    return this.database.asSystem(
      (tx) => tx.$queryRaw<NamespaceVersion[]>`
        SELECT namespace_id AS id, max(version) AS version FROM topology_outbox
        WHERE applied_at IS NULL GROUP BY namespace_id ORDER BY namespace_id LIMIT ${limit}`,
    );
  }

  /** Namespaces by id, for the walk over all of them. */
  async namespaces(after: string, limit: number): Promise<NamespaceVersion[]> {
    const rows = await this.database.asSystem((tx) =>
      tx.namespace.findMany({ where: { id: { gt: after } }, orderBy: { id: 'asc' }, take: limit, select: { id: true, topologyVersion: true } }),
    );
    return rows.map(({ id, topologyVersion }) => ({ id: id as NamespaceId, version: topologyVersion }));
  }

  /** Version of the newest committed change; 0 without a namespace. */
  async committedVersion(namespaceId: NamespaceId): Promise<bigint> {
    const row = await this.database.asSystem((tx) => tx.namespace.findUnique({ where: { id: namespaceId }, select: { topologyVersion: true } }));
    return row?.topologyVersion ?? 0n;
  }

  /** Changes that follow a version, oldest first. */
  async after(namespaceId: NamespaceId, version: bigint, limit: number): Promise<VersionedChange[]> {
    const rows = await this.database.asSystem((tx) =>
      tx.topologyOutbox.findMany({ where: { namespaceId, version: { gt: version } }, orderBy: { version: 'asc' }, take: limit }),
    );
    return rows.map((row) => ({ version: row.version, steps: row.ops as unknown as SnapshotStep[] }));
  }

  /** Notes that all changes up to `version` are in force, and forgets those that no catching up needs. */
  async markApplied(namespaceId: NamespaceId, version: bigint): Promise<void> {
    await this.database.asSystem(async (tx) => {
      await tx.topologyOutbox.updateMany({ where: { namespaceId, version: { lte: version }, appliedAt: null }, data: { appliedAt: new Date() } });
      await tx.topologyOutbox.deleteMany({ where: { namespaceId, version: { lte: version - BigInt(outboxKept) } } });
    });
  }
}
