import type { Database, Transaction } from '@waybill/database';
import type { Caller } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import { fixCurrency } from '../tenants/tenant-currency.store.js';
import type { GrantState } from './burn.js';

export const creditSources = ['promotional', 'purchased', 'top_up', 'goodwill'] as const;
export type CreditSource = (typeof creditSources)[number];

export interface CreditGrant extends GrantState {
  readonly currency: string;
  readonly amountCents: bigint;
  readonly source: CreditSource;
  readonly reason: string;
}

/** refund: given back when an invoice is voided. */
export type CreditMove = 'burn' | 'expire' | 'void' | 'refund';

interface Row {
  id: string; currency: string; amount_cents: bigint; priority: number; source: string; reason: string; expires_at: Date | null; created_at: Date; taken: bigint;
}

/** Grants and what was taken from them: rows are added, never changed; what is left is their difference. */
export class CreditStore {
  constructor(private readonly database: Database) {}

  /** Every grant of the tenant with what is left of it, oldest first. */
  grants(caller: Caller): Promise<CreditGrant[]> {
    return this.database.withTenant(caller.tenantId, (tx) => grantsOf(tx, caller.tenantId));
  }

  /** Granting again under the same id changes nothing. Fails with `currency_mismatch`. */
  async grant(caller: Caller, { id, currency, amountCents, priority, source, reason, expiresAtMs, createdAtMs }: CreditGrant, taxCents = 0n): Promise<void> {
    await this.database.withTenant(caller.tenantId, async (tx) => {
      await fixCurrency(tx, caller.tenantId, currency);
      await tx.creditGrant.createMany({
        data: [{
          tenantId: caller.tenantId, id, currency, amountCents, taxCents, priority, source, reason, createdBy: caller.actor.id, createdAt: new Date(createdAtMs), expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs),
        }],
        skipDuplicates: true,
      });
    });
  }

  /** Takes all that is left, once; returns what that was. */
  takeRest(caller: Caller, grantId: string, kind: 'expire' | 'void', nowMs: number): Promise<bigint> {
    return this.database.withTenant(caller.tenantId, async (tx) => {
      await lockGrants(tx, caller.tenantId);
      const grant = (await grantsOf(tx, caller.tenantId)).find(({ id }) => id === grantId);
      if (grant === undefined || grant.remainingCents === 0n) return 0n;
      await takeFrom(tx, { tenantId: caller.tenantId, grantId, kind, reference: '', amountCents: grant.remainingCents, nowMs });
      return grant.remainingCents;
    });
  }

  /** Tenants with a grant that has expired and is not used up; `after` is the last of the page before. */
  expired(nowMs: number, after: string, limit: number): Promise<string[]> {
    return this.database.asSystem(async (tx) => {
      const rows = await tx.$queryRaw<{ tenant_id: string }[]>`
        SELECT DISTINCT g.tenant_id FROM credit_grants g
        WHERE g.tenant_id > ${after} AND g.expires_at <= ${new Date(nowMs)}
          AND g.amount_cents > (SELECT coalesce(sum(e.amount_cents), 0) FROM credit_entries e WHERE e.tenant_id = g.tenant_id AND e.grant_id = g.id)
        ORDER BY 1 LIMIT ${limit}`;
      return rows.map((row) => row.tenant_id);
    });
  }
}

export interface Taking {
  readonly tenantId: string;
  readonly grantId: string;
  readonly kind: CreditMove;
  /** Invoice of a burn. */
  readonly reference: string;
  readonly amountCents: bigint;
  readonly nowMs: number;
}

/** Two who take from the same tenant's grants take turns until their transaction ends. */
export async function lockGrants(tx: Transaction, tenantId: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('credits'), hashtext(${tenantId}))`;
}

/** Call after `lockGrants`. Fails with `credit_invalid` when less is left than is to be taken; the same taking twice is one. */
export async function takeFrom(tx: Transaction, { tenantId, grantId, kind, reference, amountCents, nowMs }: Taking): Promise<void> {
  const done = await tx.creditEntry.findUnique({ where: { tenantId_grantId_kind_reference: { tenantId, grantId, kind, reference } } });
  if (done !== null) return;
  const grant = (await grantsOf(tx, tenantId)).find(({ id }) => id === grantId);
  if (grant === undefined || grant.remainingCents < amountCents) throw new WaybillError('credit_invalid', { reason: 'less is left of the grant than is to be taken' });
  await tx.creditEntry.create({ data: { tenantId, grantId, kind, reference, amountCents, createdAt: new Date(nowMs) } });
}

async function grantsOf(tx: Transaction, tenantId: string): Promise<CreditGrant[]> {
  const rows = await tx.$queryRaw<Row[]>`
    SELECT g.id, g.currency, g.amount_cents, g.priority, g.source, g.reason, g.expires_at, g.created_at, coalesce(sum(e.amount_cents), 0)::bigint AS taken
    FROM credit_grants g LEFT JOIN credit_entries e ON e.tenant_id = g.tenant_id AND e.grant_id = g.id
    WHERE g.tenant_id = ${tenantId} GROUP BY g.tenant_id, g.id ORDER BY g.created_at, g.id`;
  return rows.map((row) => ({
    id: row.id, currency: row.currency, amountCents: row.amount_cents, priority: row.priority, source: row.source as CreditSource, reason: row.reason,
    expiresAtMs: row.expires_at?.getTime() ?? null, createdAtMs: row.created_at.getTime(), remainingCents: row.amount_cents - row.taken,
  }));
}
