import type { Database } from '@waybill/database';
import type { Caller, NamespaceId } from '@waybill/kernel';

export interface PortalLinkRow {
  readonly id: string;
  readonly customer: string;
  readonly exchange: string;
  readonly keyPrefix: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
}

/** Rows of links that ended so long ago are of no use to anyone. */
const keptMs = 7 * 86_400_000;
/** Rows that one new link takes away at most: more than it adds, so that they never pile up. */
const sweptAtOnce = 20;

/** Portal links of a namespace, which the caller must have opened before. The token itself is not kept. */
export class PortalLinkStore {
  constructor(private readonly database: Database) {}

  /** Takes old rows of the namespace away with it. */
  async add(caller: Caller, namespaceId: NamespaceId, row: Omit<PortalLinkRow, 'revokedAt'>): Promise<void> {
    const scope = { tenantId: caller.tenantId, namespaceId };
    await this.database.withTenant(caller.tenantId, async (tx) => {
      const old = await tx.portalLink.findMany({ where: { ...scope, expiresAt: { lt: new Date(row.createdAt.getTime() - keptMs) } }, select: { id: true }, take: sweptAtOnce });
      if (old.length > 0) await tx.portalLink.deleteMany({ where: { ...scope, id: { in: old.map(({ id }) => id) } } });
      await tx.portalLink.create({ data: { ...scope, ...row, createdBy: caller.actor.id } });
    });
  }

  /** Whether it was made and not revoked. */
  async isLive(caller: Caller, namespaceId: NamespaceId, id: string): Promise<boolean> {
    const where = { tenantId: caller.tenantId, namespaceId, id, revokedAt: null };
    return this.database.withTenant(caller.tenantId, async (tx) => (await tx.portalLink.count({ where })) === 1);
  }

  /** Those that have not expired at `now`, revoked ones included, newest first; one more than `limit` where there are more. */
  list(caller: Caller, namespaceId: NamespaceId, now: Date, { customer, after, limit }: { customer?: string | undefined; after?: string | undefined; limit: number }): Promise<PortalLinkRow[]> {
    const where = {
      tenantId: caller.tenantId, namespaceId, expiresAt: { gt: now }, ...(customer === undefined ? {} : { customer }), ...(after === undefined ? {} : { id: { lt: after } }),
    };
    return this.database.withTenant(caller.tenantId, (tx) => tx.portalLink.findMany({ where, orderBy: { id: 'desc' }, take: limit + 1 }));
  }

  /** One link, all of a customer, or all of the namespace; the first moment stays. Answers how many there are, revoked before or now, that have not expired. */
  revoke(caller: Caller, namespaceId: NamespaceId, which: { readonly id: string } | { readonly customer: string } | Record<string, never>, now: Date): Promise<number> {
    const where = { tenantId: caller.tenantId, namespaceId, expiresAt: { gt: now }, ...which };
    return this.database.withTenant(caller.tenantId, async (tx) => {
      await tx.portalLink.updateMany({ where: { ...where, revokedAt: null }, data: { revokedAt: now } });
      return tx.portalLink.count({ where });
    });
  }
}
