import type { Clock, Logger, TenantId } from '@waybill/kernel';
import type { Alerts } from '../../alerts/alerts.js';
import { failureOf } from '../outcome.js';
import { confirmWithinMs, hourMs, sendableMs } from './meter-push.js';
import type { MeterPush } from './meter-push.js';
import type { MeterPushStore } from './meter-push.store.js';
import type { SummaryReader } from './summary-reader.js';

export interface Confirmed {
  readonly confirmed: number;
  readonly resent: number;
  readonly waiting: number;
}

/** Stripe counts an event some time after it took it; before that a difference says nothing. */
const settleMs = 10 * 60_000;
const tenantsPerPage = 200;

/**
 * Compares what was accepted with Stripe's hourly summaries. Equal: confirmed. Different once it had time to settle: the
 * same total goes out again as a next revision, because what Stripe received last counts (billing.md §6).
 */
export class PushConfirmer {
  constructor(
    private readonly pushes: MeterPushStore,
    private readonly summaries: SummaryReader,
    private readonly alerts: Alerts,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** All tenants with hours on their way. One that cannot be read does not stop the others. */
  async confirm(): Promise<Confirmed> {
    const sum = { confirmed: 0, resent: 0, waiting: 0 };
    for (let after = ''; ; ) {
      const page = await this.pushes.tenantsToConfirm(after, tenantsPerPage);
      for (const tenantId of page) {
        const done = await this.confirmTenant(tenantId);
        for (const key of ['confirmed', 'resent', 'waiting'] as const) sum[key] += done[key];
      }
      if (page.length < tenantsPerPage) return sum;
      after = page.at(-1)!;
    }
  }

  async confirmTenant(tenantId: TenantId): Promise<Confirmed> {
    const nowMs = this.clock.nowMs();
    const open = (await this.pushes.unconfirmed(tenantId, nowMs - sendableMs, nowMs + hourMs)).filter(({ state }) => state === 'accepted' || state === 'pending');
    const sum = { confirmed: 0, resent: 0, waiting: 0 };
    for (const [meter, hours] of Map.groupBy(open, (push) => push.meter)) {
      const seen = await this.#summaries(tenantId, meter, hours);
      for (const push of hours) {
        const outcome = push.state === 'accepted' && seen !== null ? await this.#compare(push, seen.get(push.hourMs) ?? 0n) : 'waiting';
        sum[outcome] += 1;
      }
      await this.#callWhenLate(tenantId, meter, nowMs);
    }
    return sum;
  }

  /** Null when Stripe cannot be asked now. */
  async #summaries(tenantId: TenantId, meter: string, hours: readonly MeterPush[]): Promise<ReadonlyMap<number, bigint> | null> {
    const at = hours.map((push) => push.hourMs);
    try {
      return await this.summaries.read(tenantId, meter, Math.min(...at), Math.max(...at) + hourMs);
    } catch (error) {
      const failure = failureOf(error);
      const facts = { tenantId, meter, kind: failure.kind, reason: 'reason' in failure ? failure.reason : '' };
      this.logger.warn('meter_push.not_confirmed', facts);
      return null;
    }
  }

  async #compare(push: MeterPush, seen: bigint): Promise<'confirmed' | 'resent' | 'waiting'> {
    const nowMs = this.clock.nowMs();
    if (seen === push.quantity) {
      await this.pushes.change(push, { state: 'confirmed', confirmedAtMs: nowMs, reason: null });
      return 'confirmed';
    }
    if (nowMs - (push.acceptedAtMs ?? nowMs) < settleMs) return 'waiting';
    const { tenantId, meter, hourMs: at, revision, quantity, eventAtMs } = push;
    this.logger.warn('meter_push.differed', { tenantId, meter, hour: new Date(at).toISOString(), revision, ours: String(quantity), theirs: String(seen) });
    await this.pushes.add(tenantId, [{ tenantId, meter, hourMs: at, revision: revision + 1, quantity, eventAtMs, createdAtMs: push.createdAtMs }]);
    return 'resent';
  }

  /** By the first time an hour was to be sent, however often it was sent again. */
  async #callWhenLate(tenantId: TenantId, meter: string, nowMs: number): Promise<void> {
    const late = (await this.pushes.unconfirmed(tenantId, nowMs - sendableMs, nowMs + hourMs)).filter((push) => push.meter === meter && push.state !== 'parked' && nowMs - push.createdAtMs > confirmWithinMs);
    const subject = `${tenantId} ${meter}`;
    if (late.length === 0) return this.alerts.clear('meter_push_unconfirmed', subject);
    const detail = `${late.length} hours of ${meter} are not confirmed after ${confirmWithinMs / hourMs} h, the first ${new Date(late[0]!.hourMs).toISOString()}`;
    await this.alerts.raise({ code: 'meter_push_unconfirmed', subject, tenantId, detail });
  }
}
