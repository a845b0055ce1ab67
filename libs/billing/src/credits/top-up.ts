import type { Caller, Clock, Logger } from '@waybill/kernel';
import type { ProfileStore } from '../caps/profile.store.js';
import type { Composer } from '../invoices/composer.js';
import { periodAt } from '../invoices/period.js';
import { formatAmount } from '../money/amount.js';
import type { Credits } from './credits.js';
import { eachTenant } from '../tenants/each-tenant.js';
import { systemCaller } from '../tenants/system-caller.js';

const hourMs = 3_600_000;

/** Takes money for credit, once for each reference; rejects when it could not. `asked`: nobody can be charged here, so people are asked for a transfer. */
export type Charge = (caller: Caller, amountCents: bigint, currency: string, reference: string) => Promise<Charged>;
/** `taxCents` came on top of the amount. */
export type Charged = { readonly state: 'paid'; readonly taxCents: bigint } | { readonly state: 'asked' };

/** Where no card is charged. */
export const askForTransfer: Charge = () => Promise.resolve({ state: 'asked' });

const perPage = 500;

/** Buys credit when it runs low: at most once per cool-down, and never above the ceiling of a month. */
export class TopUps {
  constructor(
    private readonly profiles: ProfileStore,
    private readonly credits: Credits,
    private readonly composer: Composer,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** All tenants that set a top-up. One that cannot be charged holds up no other, and is tried again with the next run. */
  async runAll(charge: Charge): Promise<{ toppedUp: number; failed: number }> {
    let toppedUp = 0;
    const { failed } = await eachTenant(
      { perPage, read: (after, limit) => this.profiles.toppingUp(after, limit), failed: (tenantId, error) => this.logger.error('credit.top_up_failed', { tenantId, error }) },
      async (tenantId) => {
        if ((await this.run(systemCaller(tenantId, 'top-up'), charge)) > 0n) toppedUp += 1;
      },
    );
    return { toppedUp, failed };
  }

  /** Returns what was bought, 0 for nothing. Fails when the charge does; then nothing was granted. Who is asked for a transfer gets one mail in each cool-down. */
  async run(caller: Caller, charge: Charge): Promise<bigint> {
    const { topUp } = await this.profiles.read(caller);
    if (topUp === null) return 0n;
    const nowMs = this.clock.nowMs();
    const period = periodAt(nowMs);
    const composed = await this.composer.compose(caller, period);
    const grants = await this.credits.list(caller);
    const available = await this.credits.available(caller, composed.currency);
    const leftCents = available.reduce((sum, { remainingCents }) => sum + remainingCents, 0n) - composed.creditCents;
    if (leftCents >= topUp.belowCents) return 0n;
    const bought = grants.filter(({ source, createdAtMs }) => source === 'top_up' && createdAtMs >= period.startMs);
    const newestMs = Math.max(0, ...grants.filter(({ source }) => source === 'top_up').map(({ createdAtMs }) => createdAtMs));
    if (nowMs - newestMs < topUp.coolDownHours * hourMs) return 0n;
    const boughtCents = bought.reduce((sum, { amountCents }) => sum + amountCents, 0n);
    if (boughtCents + topUp.amountCents > topUp.monthlyCeilingCents) return 0n;
    // One id per cool-down slot: whoever runs beside this one asks for the same purchase.
    const reference = `${caller.tenantId}:${period.name}:${bought.length + 1}`;
    const charged = await charge(caller, topUp.amountCents, composed.currency, reference);
    if (charged.state === 'asked') {
      const money = (cents: bigint) => `${formatAmount(cents, composed.currency)} ${composed.currency}`;
      const text = `${money(leftCents > 0n ? leftCents : 0n)} of credit is left, less than ${money(topUp.belowCents)}. Transfer ${money(topUp.amountCents)} with the reference ${reference}; it is credited when it arrives.`;
      const mail = { subject: 'Waybill: credit runs low', text, about: 'top_up' } as const;
      await this.profiles.noteOnce(caller, period, { scope: 'top_up', step: Math.floor((nowMs - period.startMs) / (topUp.coolDownHours * hourMs)), mail }, nowMs);
      return 0n;
    }
    await this.credits.grant(caller, composed.currency, {
      id: `cg_topup_${caller.tenantId.slice(4)}_${period.name}_${bought.length + 1}`, currency: composed.currency, amountCents: topUp.amountCents, priority: 50, source: 'top_up', reason: 'Bought when credit ran low', expiresAtMs: null, taxCents: charged.taxCents,
    });
    this.logger.info('credit.topped_up', { tenantId: caller.tenantId, amountCents: String(topUp.amountCents) });
    return topUp.amountCents;
  }
}
