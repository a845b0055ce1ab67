import type { Database } from '@waybill/database';
import type { Caller, TenantId } from '@waybill/kernel';
import { newId, WaybillError } from '@waybill/kernel';
import type { Period } from '../invoices/period.js';

export interface TopUp {
  readonly amountCents: bigint;
  /** Bought when less than this is left. */
  readonly belowCents: bigint;
  readonly monthlyCeilingCents: bigint;
  readonly coolDownHours: number;
}

export interface BillingProfile {
  /** Undefined: never set, so the plan's own cap holds. Null: no cap. */
  readonly capCents: bigint | null | undefined;
  readonly namespaceCaps: ReadonlyMap<string, bigint>;
  readonly topUp: TopUp | null;
  readonly billingEmail: string | null;
  readonly overdueSinceMs: number | null;
  readonly dunningDay: number | null;
}

export interface NewNotice {
  readonly scope: string;
  readonly step: number;
  readonly mail: { readonly subject: string; readonly text: string; readonly about: 'spend_cap' | 'dunning' | 'top_up' };
}

export interface Notice {
  readonly scope: string;
  readonly step: number;
  readonly sentAtMs: number;
}

/** Who a tenant's notices go to when it named no address: its owners and members for billing. */
const readers = ['owner', 'billing'];
/** A cap that was taken off, unlike one that was never set. */
const noCap = -1n;

/** What tenants set for themselves, and which notices were sent. */
export class ProfileStore {
  constructor(private readonly database: Database) {}

  async read(caller: Caller): Promise<BillingProfile> {
    const row = await this.database.withTenant(caller.tenantId, (tx) => tx.billingProfile.findUnique({ where: { tenantId: caller.tenantId } }));
    const topUp = row?.topUp as { amountCents: string; belowCents: string; monthlyCeilingCents: string; coolDownHours: number } | null | undefined;
    return {
      capCents: row?.capCents === noCap ? null : (row?.capCents ?? undefined),
      namespaceCaps: new Map(Object.entries((row?.namespaceCaps ?? {}) as Record<string, string>).map(([id, cents]) => [id, BigInt(cents)])),
      topUp: topUp ? { amountCents: BigInt(topUp.amountCents), belowCents: BigInt(topUp.belowCents), monthlyCeilingCents: BigInt(topUp.monthlyCeilingCents), coolDownHours: topUp.coolDownHours } : null,
      billingEmail: row?.billingEmail ?? null, overdueSinceMs: row?.overdueSince?.getTime() ?? null, dunningDay: row?.dunningDay ?? null,
    };
  }

  /** Fails with `namespace_not_found` for a namespace that is not the tenant's. */
  async setCaps(caller: Caller, capCents: bigint | null, namespaceCaps: ReadonlyMap<string, bigint>): Promise<void> {
    const { tenantId } = caller;
    await this.database.withTenant(tenantId, async (tx) => {
      const known = await tx.namespace.count({ where: { tenantId, id: { in: [...namespaceCaps.keys()] } } });
      if (known !== namespaceCaps.size) throw new WaybillError('namespace_not_found');
      const data = { capCents: capCents ?? noCap, namespaceCaps: Object.fromEntries([...namespaceCaps].map(([id, cents]) => [id, String(cents)])) };
      await tx.billingProfile.upsert({ where: { tenantId }, create: { tenantId, ...data }, update: data });
    });
  }

  async setTopUp({ tenantId }: Caller, topUp: TopUp | null): Promise<void> {
    const written = topUp === null ? {} : { amountCents: String(topUp.amountCents), belowCents: String(topUp.belowCents), monthlyCeilingCents: String(topUp.monthlyCeilingCents), coolDownHours: topUp.coolDownHours };
    await this.database.withTenant(tenantId, async (tx) => {
      if (topUp === null) await tx.$executeRaw`UPDATE billing_profiles SET top_up = NULL WHERE tenant_id = ${tenantId}`;
      else await tx.billingProfile.upsert({ where: { tenantId }, create: { tenantId, topUp: written }, update: { topUp: written } });
    });
  }

  /** Tenants that buy credit when it runs low, by id; `after` is the last one of the page before, '' at first. */
  toppingUp(after: string, limit: number): Promise<TenantId[]> {
    return this.database.asSystem(async (tx) => {
      const rows = await tx.$queryRaw<{ tenant_id: string }[]>`SELECT tenant_id FROM billing_profiles WHERE top_up IS NOT NULL AND tenant_id > ${after} ORDER BY 1 LIMIT ${limit}`;
      return rows.map((row) => row.tenant_id as TenantId);
    });
  }

  async setEmail({ tenantId }: Caller, billingEmail: string | null): Promise<void> {
    await this.database.withTenant(tenantId, (tx) => tx.billingProfile.upsert({ where: { tenantId }, create: { tenantId, billingEmail }, update: { billingEmail } }));
  }

  async setDunning({ tenantId }: Caller, overdueSinceMs: number | null, dunningDay: number | null): Promise<void> {
    const data = { overdueSince: overdueSinceMs === null ? null : new Date(overdueSinceMs), dunningDay };
    await this.database.withTenant(tenantId, (tx) => tx.billingProfile.upsert({ where: { tenantId }, create: { tenantId, ...data }, update: data }));
  }

  /** True the first time only. The notice and its mails are one: once it is noted they are sent, however long the mail server is down. */
  async noteOnce({ tenantId }: Caller, period: Period, { scope, step, mail }: NewNotice, nowMs: number): Promise<boolean> {
    const key = { tenantId, periodStart: new Date(period.startMs), scope, step };
    if ((await this.database.withTenant(tenantId, (tx) => tx.billingNotice.count({ where: key }))) > 0) return false;
    const to = await this.#recipients(tenantId);
    return this.database.withTenant(tenantId, async (tx) => {
      const at = new Date(nowMs);
      const { count } = await tx.billingNotice.createMany({ data: [{ ...key, sentAt: at }], skipDuplicates: true });
      if (count === 1) await tx.billingMail.createMany({ data: to.map((recipient) => ({ ...mail, ...key, id: newId('billingMail', nowMs), recipient, createdAt: at, nextAt: at })) });
      return count === 1;
    });
  }

  async notices({ tenantId }: Caller, period: Period): Promise<Notice[]> {
    const rows = await this.database.withTenant(tenantId, (tx) => tx.billingNotice.findMany({ where: { tenantId, periodStart: new Date(period.startMs) }, orderBy: [{ sentAt: 'asc' }, { step: 'asc' }] }));
    return rows.map(({ scope, step, sentAt }) => ({ scope, step, sentAtMs: sentAt.getTime() }));
  }

  /** Where notices go: the billing address, else every owner and every member for billing. */
  async #recipients(tenantId: string): Promise<string[]> {
    return this.database.asSystem(async (tx) => {
      const profile = await tx.billingProfile.findUnique({ where: { tenantId }, select: { billingEmail: true } });
      if (profile?.billingEmail) return [profile.billingEmail];
      const members = await tx.membership.findMany({ where: { tenantId, role: { in: readers } }, select: { user: { select: { email: true } } } });
      return members.map(({ user }) => user.email);
    });
  }

  /** Gate of each namespace as it is noted now: its kind and limits as JSON text; no entry where none was ever set. */
  async gates({ tenantId }: Caller): Promise<ReadonlyMap<string, string>> {
    const rows = await this.database.withTenant(tenantId, (tx) => tx.publishTerms.findMany({ where: { tenantId }, select: { namespaceId: true, gate: true } }));
    return new Map(rows.flatMap(({ namespaceId, gate }) => (gate === null ? [] : [[namespaceId, JSON.stringify(gate)]])));
  }
}
