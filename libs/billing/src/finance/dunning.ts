import type { Caller, Clock, Logger } from '@waybill/kernel';
import type { Notify } from '../caps/spend-watch.js';
import type { ProfileStore } from '../caps/profile.store.js';
import { formatAmount } from '../money/amount.js';
import { periodAt } from '../invoices/period.js';
import { systemCaller } from '../invoices/period-close.js';
import type { DunningStore, Overdue } from './dunning.store.js';

/** Days after the due day and what begins then (billing.md §6). Paying undoes all of it at once. */
export const dunningStages = [
  { day: 0, effect: 'It was due today.' },
  { day: 3, effect: 'It is overdue.' },
  { day: 7, effect: 'It is overdue. From day 14 on no new queues can be made.' },
  { day: 14, effect: 'No new queues can be made until it is paid. From day 30 on publishing is refused.' },
  { day: 30, effect: 'Publishing is refused until it is paid; consuming goes on for seven days.' },
  { day: 60, effect: 'Data of this tenant is deleted on day 90.' },
  { day: 90, effect: 'Data of this tenant may be deleted now.' },
] as const;

const dayMs = 86_400_000;
const perPage = 500;

/** The stage in force so many days after the due day; null before it. */
export function stageAt(overdueDays: number): (typeof dunningStages)[number] | null {
  return dunningStages.findLast(({ day }) => overdueDays >= day) ?? null;
}

/** Walks overdue invoices once a day or more often: a stage is noted and told once. */
export class Dunning {
  constructor(
    private readonly store: DunningStore,
    private readonly profiles: ProfileStore,
    private readonly notify: Notify,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Returns how many stages began and how many tenants came out. */
  async run(): Promise<{ began: number; settled: number; failed: number }> {
    const nowMs = this.clock.nowMs();
    const report = { began: 0, settled: 0, failed: 0 };
    for (const tenantId of await this.store.settled(nowMs)) {
      await this.profiles.setDunning(systemCaller(tenantId, 'dunning'), null, null);
      report.settled += 1;
    }
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: Overdue[] = await this.store.overdue(nowMs, after, perPage);
      for (const overdue of page) {
        try {
          if (await this.#dun(overdue, nowMs)) report.began += 1;
        } catch (error) {
          report.failed += 1;
          this.logger.error('dunning.failed', { tenantId: overdue.tenantId, error: error instanceof Error ? error : new Error(String(error)) });
        }
      }
      after = page.length === perPage ? page.at(-1)?.tenantId : undefined;
    }
    return report;
  }

  async #dun(overdue: Overdue, nowMs: number): Promise<boolean> {
    const stage = stageAt((nowMs - overdue.dueAtMs) / dayMs);
    if (stage === null) return false;
    const caller = systemCaller(overdue.tenantId, 'dunning');
    await this.profiles.setDunning(caller, overdue.dueAtMs, stage.day);
    if (!(await this.profiles.noteOnce(caller, periodAt(overdue.dueAtMs), `dunning:${overdue.invoiceId}`, stage.day, nowMs))) return false;
    this.logger.info('dunning.stage_began', { tenantId: overdue.tenantId, invoiceId: overdue.invoiceId, day: stage.day });
    await this.#tell(caller, overdue, stage.effect);
    return true;
  }

  async #tell(caller: Caller, { number, openCents, currency }: Overdue, effect: string): Promise<void> {
    for (const to of await this.profiles.recipients(caller)) {
      const text = `Invoice ${number} is open for ${formatAmount(openCents, currency)} ${currency}. ${effect}`;
      await this.notify({ to, subject: `Waybill: invoice ${number} is open`, text, about: 'dunning' }).catch((error: Error) => this.logger.error('billing.notice_not_sent', { tenantId: caller.tenantId, about: 'dunning', error }));
    }
  }
}
