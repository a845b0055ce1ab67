import type { Database } from '@waybill/database';
import type { TenantId } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { Period } from './period.js';

/** Tenants as billing walks them: by id, a page at a time, to the last one. */
export class TenantStore {
  constructor(private readonly database: Database) {}

  /** Tenants that existed in a period and have not closed it; `after` is the last id of the page before, '' at first. */
  unclosed({ startMs, endMs }: Period, after: string, limit: number): Promise<TenantId[]> {
    return this.database.asSystem(async (tx) => {
      const rows = await tx.$queryRaw<{ id: string }[]>`
        SELECT id FROM tenants t WHERE id > ${after} AND created_at < ${new Date(endMs)}
          AND NOT EXISTS (SELECT FROM billing_periods p WHERE p.tenant_id = t.id AND p.starts_at = ${new Date(startMs)} AND p.state = 'closed')
        ORDER BY id LIMIT ${limit}`;
      return rows.map(({ id }) => id as TenantId);
    });
  }

  /** Tenants with usage booked since a moment, those that are stopped (they may be let go again) or in dunning, and those with a namespace that has no price yet. */
  moving(sinceMs: number, after: string, limit: number): Promise<TenantId[]> {
    return this.database.asSystem(async (tx) => {
      const rows = await tx.$queryRaw<{ id: string }[]>`
        SELECT id FROM tenants t WHERE id > ${after}
          AND (EXISTS (SELECT FROM usage_batches b WHERE b.tenant_id = t.id AND b.sealed_at >= ${new Date(sinceMs)})
            OR EXISTS (SELECT FROM publish_terms g WHERE g.tenant_id = t.id AND g.gate->>'kind' <> 'open')
            OR EXISTS (SELECT FROM billing_profiles p WHERE p.tenant_id = t.id AND p.overdue_since IS NOT NULL)
            OR EXISTS (SELECT FROM namespaces n LEFT JOIN publish_terms g ON g.tenant_id = n.tenant_id AND g.namespace_id = n.id WHERE n.tenant_id = t.id AND g.price IS NULL))
        ORDER BY id LIMIT ${limit}`;
      return rows.map(({ id }) => id as TenantId);
    });
  }

  all(after: string, limit: number): Promise<TenantId[]> {
    return this.database.asSystem(async (tx) => {
      const rows = await tx.tenant.findMany({ where: { id: { gt: after } }, orderBy: { id: 'asc' }, take: limit, select: { id: true } });
      return rows.map(({ id }) => id as TenantId);
    });
  }

  /** Names of tenants by id. */
  names(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return this.database.asSystem(async (tx) => {
      const rows = await tx.tenant.findMany({ where: { id: { in: [...ids] } }, select: { id: true, name: true } });
      return new Map(rows.map(({ id, name }) => [id, name]));
    });
  }

  /** When the tenant was made. */
  async createdAtMs(id: TenantId): Promise<number> {
    const { createdAt } = await this.database.withTenant(id, (tx) => tx.tenant.findUniqueOrThrow({ where: { id }, select: { createdAt: true } }));
    return createdAt.getTime();
  }

  /** Fails with `tenant_not_found`. */
  async open(id: string): Promise<TenantId> {
    const found = await this.database.asSystem((tx) => tx.tenant.count({ where: { id } }));
    if (found === 0) throw new WaybillError('tenant_not_found');
    return id as TenantId;
  }
}
