import type { Caller, Clock, Logger, TenantId } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import { dunningStops } from '../caps/gate-policy.js';
import type { ProfileStore } from '../caps/profile.store.js';
import { formatAmount } from '../money/amount.js';
import { periodAt } from '../invoices/period.js';
import { deletionDays } from '../deletion/deletion-plan.js';
import type { TenantDeletions } from '../deletion/tenant-deletions.js';
import type { DunningStore, Overdue } from './dunning.store.js';
import { eachTenant } from '../tenants/each-tenant.js';
import { systemCaller } from '../tenants/system-caller.js';

/** Days after the due day and what begins then (billing.md §6). Paying undoes all of it at once. */
export const dunningStages = [
  { day: 0, effect: 'It was due today.' },
  { day: 3, effect: 'It is overdue.' },
  { day: 7, effect: 'It is overdue. From day 14 on no new queues can be made.' },
  { day: 14, effect: 'No new queues can be made until it is paid. From day 30 on publishing is refused.' },
  { day: 30, effect: 'Publishing is refused until it is paid; receiving and pushing go on for seven days.' },
  { day: 37, effect: 'Publishing, receiving and pushing are refused until it is paid; nothing is deleted.' },
  // From here on `TenantDeletions` tells, because the day moves when a notice is late.
  { day: deletionDays.notice, effect: null },
  { day: deletionDays.lastNotice, effect: null },
  { day: deletionDays.day, effect: null },
] as const;

const dayMs = 86_400_000;
const perPage = 500;

/** The stage in force so many days after the due day; null before it. */
export function stageAt(overdueDays: number): (typeof dunningStages)[number] | null {
  return dunningStages.findLast(({ day }) => overdueDays >= day) ?? null;
}

/** Walks overdue invoices once an hour: a stage is noted and told once. Paying undoes all of it at once. */
export class Dunning {
  constructor(
    private readonly store: DunningStore,
    private readonly profiles: ProfileStore,
    private readonly deletions: Pick<TenantDeletions, 'plan' | 'cancel' | 'cancelSettled'>,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** `payment_overdue` from day 14 on: why this tenant may make no new queue. Undefined while it may. */
  async newQueueRefusal(caller: Caller): Promise<WaybillError | undefined> {
    const { dunningDay } = await this.profiles.read(caller);
    return dunningDay !== null && dunningDay >= dunningStops.newQueues ? new WaybillError('payment_overdue') : undefined;
  }

  /** Returns how many stages began and how many tenants came out. */
  async run(): Promise<{ began: number; settled: number; failed: number }> {
    const nowMs = this.clock.nowMs();
    const report = { began: 0, settled: 0 };
    for (const tenantId of await this.store.settled(nowMs)) {
      await this.#end(tenantId);
      report.settled += 1;
    }
    const { failed } = await eachTenant(
      { perPage, read: (after, limit) => this.store.overdue(nowMs, after, limit), failed: (tenantId, error) => this.logger.error('dunning.failed', { tenantId, error }) },
      async (overdue) => {
        if (await this.#dun(overdue, nowMs)) report.began += 1;
      },
    );
    return { ...report, failed };
  }

  /** Whether a tenant came out of dunning: what was overdue is paid, credited, written off, held or disputed. The deletion for one such invoice ends even while others are overdue. */
  async release(tenantId: TenantId): Promise<boolean> {
    if ((await this.store.settled(this.clock.nowMs(), tenantId)).length === 0) {
      await this.deletions.cancelSettled(tenantId);
      return false;
    }
    await this.#end(tenantId);
    return true;
  }

  async #end(tenantId: TenantId): Promise<void> {
    await this.profiles.setDunning(systemCaller(tenantId, 'dunning'), null, null);
    await this.deletions.cancel(tenantId);
    this.logger.info('dunning.ended', { tenantId });
  }

  async #dun(overdue: Overdue, nowMs: number): Promise<boolean> {
    const stage = stageAt((nowMs - overdue.dueAtMs) / dayMs);
    if (stage === null) return false;
    const { tenantId, invoiceId, number, dueAtMs } = overdue;
    const caller = systemCaller(tenantId, 'dunning');
    await this.profiles.setDunning(caller, dueAtMs, stage.day);
    if (stage.effect === null) return this.deletions.plan(overdue, nowMs);
    const mail = { subject: `Waybill: invoice ${number} is open`, text: dunningText(overdue, stage.effect), about: 'dunning' } as const;
    if (!(await this.profiles.noteOnce(caller, periodAt(dueAtMs), { scope: `dunning:${invoiceId}`, step: stage.day, mail }, nowMs))) return false;
    this.logger.info('dunning.stage_began', { tenantId, invoiceId, day: stage.day });
    return true;
  }
}

function dunningText({ number, openCents, currency }: Overdue, effect: string): string {
  return `Invoice ${number} is open for ${formatAmount(openCents, currency)} ${currency}. ${effect}`;
}
