import type { Clock } from '@waybill/kernel';
import { meters } from '../../prices/meters.js';
import type { StripeAccount } from '../accounts/stripe-account.store.js';
import type { Alerts } from '../../alerts/alerts.js';
import type { HourTotal, HourTotalStore } from './hour-total.store.js';
import { hourMs, sendableMs } from './meter-push.js';
import type { MeterPush } from './meter-push.js';
import type { MeterPushStore } from './meter-push.store.js';

/** Up to which hour a tenant's ledger is sealed; libs/metering tells. */
export interface SealedHours {
  /** Hours before this moment never change; Infinity for a tenant that counts nothing. */
  sealedThroughMs(tenantId: string): Promise<number>;
}

/**
 * Writes down what has to be sent: for every sealed hour that Stripe bills, the total of each meter, as a next revision
 * when it differs from the last one. An hour of 0 is sent only where an earlier revision was above 0 (billing.md §6).
 */
export class PushPlanner {
  constructor(
    private readonly totals: HourTotalStore,
    private readonly pushes: MeterPushStore,
    private readonly sealed: SealedHours,
    private readonly alerts: Alerts,
    private readonly clock: Clock,
  ) {}

  /** Number of pushes written down. */
  async plan(account: StripeAccount): Promise<number> {
    if (account.billedFromMs === null || account.status === 'deleted') return 0;
    const nowMs = this.clock.nowMs();
    const sealedMs = await this.sealed.sealedThroughMs(account.tenantId);
    const fromMs = account.billedFromMs;
    const toMs = Math.min(sealedMs, account.billedToMs ?? Infinity, hourStart(nowMs));
    return this.#write(account, await this.totals.totals(account.tenantId, fromMs, toMs), fromMs, toMs, (at) => at + hourMs - 1_000);
  }

  /**
   * The running hour as it stands, dated a second ago, before a subscription ends in the middle of it: its last moment is
   * not part of it any more, and what comes after is not billed by it. The caller has drained the counters.
   */
  async planPartialHour(account: StripeAccount): Promise<number> {
    const nowMs = this.clock.nowMs();
    const fromMs = hourStart(nowMs);
    return this.#write(account, await this.totals.totals(account.tenantId, fromMs, fromMs + hourMs), fromMs, fromMs + hourMs, () => Math.max(fromMs, nowMs - 1_000));
  }

  async #write(account: StripeAccount, totals: readonly HourTotal[], fromMs: number, toMs: number, eventAtMs: (hourMs: number) => number): Promise<number> {
    const nowMs = this.clock.nowMs();
    const sent = new Map((await this.pushes.newest(account.tenantId, fromMs, toMs)).map((push) => [keyOf(push), push]));
    const due = totals.filter(({ meter }) => meters.includes(meter)).filter((total) => (sent.get(keyOf(total))?.quantity ?? 0n) !== total.quantity);
    const known = new Set(totals.map(keyOf));
    const vanished = [...sent.values()].filter((push) => push.quantity > 0n && !known.has(keyOf(push))).map(({ meter, hourMs: at }): HourTotal => ({ meter, hourMs: at, quantity: 0n }));
    const all = [...due, ...vanished];
    const tooOld = all.filter((total) => total.hourMs < nowMs - sendableMs);
    if (tooOld.length > 0) await this.#refuse(account, tooOld);
    const fresh = all.filter((total) => total.hourMs >= nowMs - sendableMs);
    await this.pushes.add(account.tenantId, fresh.map((total): Omit<MeterPush, 'state' | 'attempts' | 'acceptedAtMs'> => ({
      tenantId: account.tenantId, meter: total.meter, hourMs: total.hourMs, revision: (sent.get(keyOf(total))?.revision ?? 0) + 1, quantity: total.quantity, eventAtMs: eventAtMs(total.hourMs), createdAtMs: nowMs,
    })));
    return fresh.length;
  }

  /** Finance books them as an adjustment or writes them off, with audit. */
  #refuse({ tenantId }: StripeAccount, totals: readonly HourTotal[]): Promise<void> {
    const [first] = totals;
    const detail = `${totals.length} hour totals are too old to be sent, the first ${first!.meter} of ${new Date(first!.hourMs).toISOString()}: book an adjustment or write them off`;
    return this.alerts.raise({ code: 'meter_push_too_old', subject: tenantId, tenantId, detail });
  }
}

const hourStart = (atMs: number): number => Math.floor(atMs / hourMs) * hourMs;
const keyOf = ({ meter, hourMs: at }: { readonly meter: string; readonly hourMs: number }): string => `${meter} ${at}`;
