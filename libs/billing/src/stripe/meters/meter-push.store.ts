import type { Database } from '@waybill/database';
import type { TenantId } from '@waybill/kernel';
import type { MeterPush, PushState } from './meter-push.js';

interface Row {
  tenantId: string;
  meter: string;
  hour: Date;
  revision: number;
  quantity: bigint;
  eventAt: Date;
  state: string;
  attempts: number;
  acceptedAt: Date | null;
  createdAt: Date;
}

function pushOf(row: Row): MeterPush {
  return {
    tenantId: row.tenantId as TenantId, meter: row.meter, hourMs: row.hour.getTime(), revision: row.revision, quantity: row.quantity, eventAtMs: row.eventAt.getTime(), state: row.state as PushState,
    attempts: row.attempts, acceptedAtMs: row.acceptedAt?.getTime() ?? null, createdAtMs: row.createdAt.getTime(),
  };
}

/** A meter of a tenant: its pushes go one after the other. */
export interface Lane {
  readonly tenantId: TenantId;
  readonly meter: string;
}

export type PushKey = Pick<MeterPush, 'tenantId' | 'meter' | 'hourMs' | 'revision'>;
const keyOf = ({ tenantId, meter, hourMs, revision }: PushKey) => ({ tenantId_meter_hour_revision: { tenantId, meter, hour: new Date(hourMs), revision } });

interface Changes {
  readonly state: PushState;
  readonly reason?: string | null;
  readonly requestId?: string | null;
  readonly nextAttemptAtMs?: number | null;
  readonly acceptedAtMs?: number;
  readonly confirmedAtMs?: number;
  /** Counts one more attempt. */
  readonly attempted?: boolean;
}

/** Every revision that was ever to be sent. The newest one of an hour stands for it. */
export class MeterPushStore {
  constructor(private readonly database: Database) {}

  /** Newest revision of each hour of a tenant. */
  async newest(tenantId: TenantId, fromMs: number, toMs: number): Promise<MeterPush[]> {
    const rows = await this.database.withTenant(tenantId, (tx) =>
      tx.meterPush.findMany({
        where: { tenantId, hour: { gte: new Date(fromMs), lt: new Date(toMs) } }, distinct: ['meter', 'hour'], orderBy: [{ meter: 'asc' }, { hour: 'asc' }, { revision: 'desc' }],
      }),
    );
    return rows.map(pushOf);
  }

  /** Adds the next revision of each hour; the one before it is replaced where it was still to be sent. */
  async add(tenantId: TenantId, pushes: readonly Omit<MeterPush, 'state' | 'attempts' | 'acceptedAtMs'>[]): Promise<void> {
    if (pushes.length === 0) return;
    await this.database.withTenant(tenantId, async (tx) => {
      await tx.meterPush.createMany({
        data: pushes.map(({ meter, hourMs, revision, quantity, eventAtMs, createdAtMs }) => ({
          tenantId, meter, hour: new Date(hourMs), revision, quantity, eventAt: new Date(eventAtMs), createdAt: new Date(createdAtMs),
        })),
        skipDuplicates: true,
      });
      for (const { meter, hourMs, revision } of pushes.filter((push) => push.revision > 1)) {
        await tx.meterPush.updateMany({ where: { tenantId, meter, hour: new Date(hourMs), revision: { lt: revision }, state: { in: ['pending', 'accepted', 'confirmed', 'parked'] } }, data: { state: 'replaced' } });
      }
    });
  }

  /** Lanes with something to send now, by tenant and meter; `after` is the last one of the page before. */
  async lanes(nowMs: number, after: Lane | null, limit: number): Promise<Lane[]> {
    const [tenantId, meter] = [after?.tenantId ?? '', after?.meter ?? ''];
    return this.database.asSystem(async (tx) => {
      const rows = await tx.$queryRaw<{ tenant_id: string; meter: string }[]>`
        SELECT DISTINCT tenant_id, meter FROM meter_pushes
        WHERE state = 'pending' AND (next_attempt_at IS NULL OR next_attempt_at <= ${new Date(nowMs)}) AND (tenant_id, meter) > (${tenantId}, ${meter})
        ORDER BY tenant_id, meter LIMIT ${limit}`;
      return rows.map((row) => ({ tenantId: row.tenant_id as TenantId, meter: row.meter }));
    });
  }

  /** To be sent, oldest hour first. */
  async pending({ tenantId, meter }: Lane, limit: number): Promise<MeterPush[]> {
    const rows = await this.database.withTenant(tenantId, (tx) => tx.meterPush.findMany({ where: { tenantId, meter, state: 'pending' }, orderBy: [{ hour: 'asc' }, { revision: 'asc' }], take: limit }));
    return rows.map(pushOf);
  }

  async change(key: PushKey, changes: Changes): Promise<void> {
    const { state, reason, requestId, nextAttemptAtMs, acceptedAtMs, confirmedAtMs, attempted } = changes;
    const date = (ms: number | null | undefined): Date | null | undefined => (ms === undefined || ms === null ? ms : new Date(ms));
    const data = {
      state, reason, requestId, nextAttemptAt: date(nextAttemptAtMs), acceptedAt: date(acceptedAtMs), confirmedAt: date(confirmedAtMs), ...(attempted ? { attempts: { increment: 1 } } : {}),
    };
    const given = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
    await this.database.withTenant(key.tenantId, (tx) => tx.meterPush.update({ where: keyOf(key), data: given }));
  }

  /** Hours of a tenant that Stripe has not confirmed, in a span; the newest revisions only. */
  async unconfirmed(tenantId: TenantId, fromMs: number, toMs: number): Promise<MeterPush[]> {
    return (await this.newest(tenantId, fromMs, toMs)).filter(({ state }) => state !== 'confirmed');
  }

  /** Tenants with accepted or parked hours, a page at a time. */
  async tenantsToConfirm(after: string, limit: number): Promise<TenantId[]> {
    return this.database.asSystem(async (tx) => {
      const rows = await tx.$queryRaw<{ tenant_id: string }[]>`
        SELECT DISTINCT tenant_id FROM meter_pushes WHERE state IN ('accepted', 'pending') AND tenant_id > ${after} ORDER BY tenant_id LIMIT ${limit}`;
      return rows.map((row) => row.tenant_id as TenantId);
    });
  }

  /** Puts parked ones back into their lanes, after a person removed the cause; answers how many by meter. */
  async retryParked(tenantId: TenantId): Promise<{ readonly meter: string; readonly count: number }[]> {
    const rows = await this.database.withTenant(tenantId, (tx) => tx.$queryRaw<{ meter: string }[]>`
      UPDATE meter_pushes SET state = 'pending', next_attempt_at = NULL, attempts = 0, reason = NULL WHERE tenant_id = ${tenantId} AND state = 'parked' RETURNING meter`);
    return [...Map.groupBy(rows, ({ meter }) => meter)].map(([meter, of]) => ({ meter, count: of.length }));
  }

  async find(key: PushKey): Promise<MeterPush | null> {
    const row = await this.database.withTenant(key.tenantId, (tx) => tx.meterPush.findUnique({ where: keyOf(key) }));
    return row && pushOf(row);
  }
}
