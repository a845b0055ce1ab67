import type { Database, Prisma, Transaction } from '@waybill/database';
import type { Caller, NamespaceId, TenantId } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import { stepsPerVersion } from './limits.js';
import { canBeNamespace } from './names.js';
import type { SnapshotStep } from './snapshot-step.js';

/** Where-clause of every definition: both columns, so that the composite indexes serve it. */
export interface Scope {
  readonly tenantId: TenantId;
  readonly namespaceId: NamespaceId;
}

/** One version of a namespace's topology, as it lies in the outbox. */
export interface VersionedChange {
  readonly version: bigint;
  readonly steps: readonly SnapshotStep[];
}

export interface Committed<T> {
  readonly result: T;
  /** Version the snapshot must have reached before the result may be answered. */
  readonly version: bigint;
  /** Empty when nothing had to change. */
  readonly changes: readonly VersionedChange[];
}

export interface NamespaceFacts {
  readonly scope: Scope;
  readonly version: bigint;
  readonly createdAt: Date;
}

interface NamespaceRow {
  topology_version: bigint;
  created_at: Date;
}

/** Reads inside the caller's namespace. Fails with `namespace_not_found`, for a foreign one as for an absent one. */
export async function readNamespace<T>(database: Database, caller: Caller, namespaceId: string, work: (tx: Transaction, facts: NamespaceFacts) => Promise<T>): Promise<T> {
  const scope = scopeOf(caller, namespaceId);
  return database.withTenant(scope.tenantId, async (tx) => {
    const rows = await tx.$queryRaw<NamespaceRow[]>`
      SELECT topology_version, created_at FROM namespaces WHERE tenant_id = ${scope.tenantId} AND id = ${scope.namespaceId}`;
    return work(tx, factsOf(scope, rows));
  });
}

/**
 * One topology change: rows, version and outbox in one transaction. The lock on the namespace's row makes changes
 * of a namespace happen one after the other, so versions have no gaps and what `work` read stays true until commit.
 * Steps beyond `stepsPerVersion` become further versions. Fails with `namespace_not_found`.
 */
export async function changeNamespace<T>(
  database: Database,
  caller: Caller,
  namespaceId: string,
  work: (tx: Transaction, scope: Scope) => Promise<{ result: T; steps: readonly SnapshotStep[] }>,
): Promise<Committed<T>> {
  const scope = scopeOf(caller, namespaceId);
  return database.withTenant(scope.tenantId, async (tx) => {
    const rows = await tx.$queryRaw<NamespaceRow[]>`
      SELECT topology_version, created_at FROM namespaces
      WHERE tenant_id = ${scope.tenantId} AND id = ${scope.namespaceId} FOR NO KEY UPDATE`;
    const { version: before } = factsOf(scope, rows);
    const { result, steps } = await work(tx, scope);
    const changes = intoVersions(before, steps);
    const version = before + BigInt(changes.length);
    if (changes.length > 0) {
      await tx.topologyOutbox.createMany({
        data: changes.map((change) => ({ ...scope, version: change.version, ops: change.steps as unknown as Prisma.InputJsonValue })),
      });
      await tx.namespace.update({ where: { id: scope.namespaceId }, data: { topologyVersion: version } });
    }
    return { result, version, changes };
  });
}

function intoVersions(before: bigint, steps: readonly SnapshotStep[]): VersionedChange[] {
  const changes: VersionedChange[] = [];
  for (let from = 0; from < steps.length; from += stepsPerVersion) {
    changes.push({ version: before + BigInt(changes.length + 1), steps: steps.slice(from, from + stepsPerVersion) });
  }
  return changes;
}

function scopeOf(caller: Caller, namespaceId: string): Scope {
  const foreign = caller.namespaceId !== null && caller.namespaceId !== namespaceId;
  if (foreign || !canBeNamespace(namespaceId)) throw new WaybillError('namespace_not_found');
  return { tenantId: caller.tenantId, namespaceId };
}

function factsOf(scope: Scope, rows: readonly NamespaceRow[]): NamespaceFacts {
  const row = rows[0];
  if (!row) throw new WaybillError('namespace_not_found');
  return { scope, version: row.topology_version, createdAt: row.created_at };
}
