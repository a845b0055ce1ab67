import type { Database } from '@waybill/database';
import type { Caller } from '@waybill/kernel';
import { newId, WaybillError } from '@waybill/kernel';
import type { Dimension } from '../dimensions.js';

/** A correction of a sealed hour, as one person proposes it. */
export interface Correction {
  readonly namespaceId: string;
  /** First millisecond of the hour. */
  readonly hourMs: number;
  readonly dimension: Dimension;
  readonly cause: string;
  readonly resourceId: string;
  /** What is missing, or too much when negative; never 0. */
  readonly delta: bigint;
  readonly reason: string;
}

export interface Adjustment extends Correction {
  readonly id: string;
  readonly kind: 'late' | 'correction';
  readonly state: 'proposed' | 'approved' | 'rejected';
  readonly actor: string;
  readonly approver: string | null;
  /** First day of the month it is billed in, ms; null until it is approved. */
  readonly bookedPeriodMs: number | null;
}

/**
 * Corrections of sealed hours: one person proposes, another decides, the record of the hour stays as it is. Who may do
 * either is for the door to say.
 */
export class AdjustmentStore {
  constructor(private readonly database: Database) {}

  /** Fails with `namespace_not_found`, `hour_not_sealed`, `adjustment_invalid`. */
  async propose(caller: Caller, correction: Correction): Promise<Adjustment> {
    const { namespaceId, hourMs, dimension, cause, resourceId, delta, reason } = correction;
    if (delta === 0n) throw new WaybillError('adjustment_invalid', { reason: 'it changes nothing' });
    if (reason.trim() === '') throw new WaybillError('adjustment_invalid', { reason: 'it has no reason' });
    return this.database.withTenant(caller.tenantId, async (tx) => {
      const [found] = await tx.$queryRaw<{ sealed_through: Date | null; has: bigint }[]>`
        SELECT m.sealed_through, coalesce((SELECT quantity FROM usage_records r WHERE r.tenant_id = n.tenant_id AND r.namespace_id = n.id AND r.hour = ${new Date(hourMs)}
            AND r.dimension = ${dimension} AND r.cause = ${cause} AND r.resource_id = ${resourceId}), 0)
          + coalesce((SELECT sum(delta) FROM usage_adjustments a WHERE a.tenant_id = n.tenant_id AND a.namespace_id = n.id AND a.hour = ${new Date(hourMs)}
            AND a.dimension = ${dimension} AND a.cause = ${cause} AND a.resource_id = ${resourceId} AND a.state <> 'rejected'), 0)::bigint AS has
        FROM namespaces n LEFT JOIN usage_watermarks m ON m.tenant_id = n.tenant_id AND m.namespace_id = n.id
        WHERE n.tenant_id = ${caller.tenantId} AND n.id = ${namespaceId}`;
      if (!found) throw new WaybillError('namespace_not_found');
      if ((found.sealed_through?.getTime() ?? 0) <= hourMs) throw new WaybillError('hour_not_sealed');
      if (BigInt(found.has) + delta < 0n) throw new WaybillError('adjustment_invalid', { reason: 'it takes away more than was counted' });
      const row = await tx.usageAdjustment.create({
        data: {
          tenantId: caller.tenantId, id: newId('adjustment'), namespaceId, kind: 'correction', state: 'proposed', hour: new Date(hourMs), dimension, cause, resourceId, delta, reason, actor: caller.actor.id,
        },
      });
      return adjustmentOf(row);
    });
  }

  /**
   * Decides about a proposal, once. An approved one is billed in `bookedPeriodMs`'s month. Fails with
   * `approval_not_found`, `approval_decided`, and `approval_same_person` for whoever proposed it.
   */
  async decide(caller: Caller, id: string, decision: { readonly approve: true; readonly bookedPeriodMs: number } | { readonly approve: false }): Promise<Adjustment> {
    return this.database.withTenant(caller.tenantId, async (tx) => {
      const [found] = await tx.$queryRaw<{ actor: string; state: string; kind: string }[]>`
        SELECT actor, state, kind FROM usage_adjustments WHERE tenant_id = ${caller.tenantId} AND id = ${id} FOR UPDATE`;
      if (!found) throw new WaybillError('approval_not_found');
      if (found.state !== 'proposed') throw new WaybillError('approval_decided', { state: found.state });
      if (found.actor === caller.actor.id) throw new WaybillError('approval_same_person');
      const period = decision.approve ? new Date(decision.bookedPeriodMs) : null;
      const row = await tx.usageAdjustment.update({
        where: { tenantId_id: { tenantId: caller.tenantId, id } },
        data: {
          state: decision.approve ? 'approved' : 'rejected', approver: caller.actor.id, decidedAt: new Date(),
          bookedPeriod: period && new Date(Date.UTC(period.getUTCFullYear(), period.getUTCMonth(), 1)),
        },
      });
      return adjustmentOf(row);
    });
  }

  /** All of a tenant, newest first. */
  async list(caller: Caller, { state, limit }: { readonly state?: Adjustment['state'] | undefined; readonly limit: number }): Promise<Adjustment[]> {
    const rows = await this.database.withTenant(caller.tenantId, (tx) =>
      tx.usageAdjustment.findMany({ where: { tenantId: caller.tenantId, ...(state === undefined ? {} : { state }) }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], take: limit }),
    );
    return rows.map(adjustmentOf);
  }
}

interface AdjustmentRow {
  id: string; namespaceId: string; kind: string; state: string; hour: Date; dimension: string; cause: string; resourceId: string; delta: bigint; reason: string; actor: string;
  approver: string | null; bookedPeriod: Date | null;
}

function adjustmentOf({ hour, kind, state, dimension, bookedPeriod, id, namespaceId, cause, resourceId, delta, reason, actor, approver }: AdjustmentRow): Adjustment {
  return {
    id, namespaceId, cause, resourceId, delta, reason, actor, approver, hourMs: hour.getTime(), kind: kind as Adjustment['kind'], state: state as Adjustment['state'],
    dimension: dimension as Dimension, bookedPeriodMs: bookedPeriod?.getTime() ?? null,
  };
}
