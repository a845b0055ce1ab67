import type { Caller, Clock, Logger } from '@waybill/kernel';
import type { ProfileStore } from '../caps/profile.store.js';
import type { Composer } from '../invoices/composer.js';
import { periodAt } from '../invoices/period.js';
import { formatAmount } from '../money/amount.js';
import type { Credits } from './credits.js';
import { eachTenant } from '../tenants/each-tenant.js';
import { systemCaller } from '../tenants/system-caller.js';

const hourMs = 3_600_000;

/** Credit that was paid for. */
export interface Purchase {
  readonly reference: string;
  readonly currency: string;
  readonly amountCents: bigint;
  /** Came on top of the amount. */
  readonly taxCents: bigint;
}
/** `asked`: nobody can be charged here, so people are asked for a transfer. */
export type Charged = ({ readonly state: 'paid' } & Purchase) | { readonly state: 'asked' };

/** Takes money for credit. */
export interface Charge {
  /** Once for each reference; rejects when it could not. What was begun with another amount may be gone on with: the answer says what was paid. */
  charge(caller: Caller, amountCents: bigint, currency: string, reference: string): Promise<Charged>;
  /** What was paid in the last weeks, whether it became credit or not. */
  paid(caller: Caller): Promise<readonly Purchase[]>;
}

/** Where no card is charged. */
export const askForTransfer: Charge = { charge: () => Promise.resolve({ state: 'asked' }), paid: () => Promise.resolve([]) };

const grantIdOf = (reference: string): string => `cg_topup_${reference.slice('tnt_'.length).replaceAll(':', '_')}`;

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

  /**
   * Returns what was bought, 0 for nothing. Fails when the charge does; then nothing was granted. Who is asked for a transfer gets one mail in
   * each cool-down. What was paid and is no credit yet, because a worker was killed in between, becomes it first, whatever is set and left by now.
   */
  async run(caller: Caller, charge: Charge): Promise<bigint> {
    const { topUp } = await this.profiles.read(caller);
    if (topUp === null) return 0n;
    const nowMs = this.clock.nowMs();
    const period = periodAt(nowMs);
    const composed = await this.composer.compose(caller, period);
    const grants = await this.credits.list(caller);
    const late = (await charge.paid(caller)).filter(({ reference }) => !grants.some(({ id }) => id === grantIdOf(reference)));
    if (late.length > 0) return this.#grant(caller, composed.currency, late);
    const available = await this.credits.available(caller, composed.currency);
    const leftCents = available.reduce((sum, { remainingCents }) => sum + remainingCents, 0n) - composed.creditCents;
    if (leftCents >= topUp.belowCents) return 0n;
    const bought = grants.filter(({ source, createdAtMs }) => source === 'top_up' && createdAtMs >= period.startMs);
    const newestMs = Math.max(0, ...grants.filter(({ source }) => source === 'top_up').map(({ createdAtMs }) => createdAtMs));
    if (nowMs - newestMs < topUp.coolDownHours * hourMs) return 0n;
    const boughtCents = bought.reduce((sum, { amountCents }) => sum + amountCents, 0n);
    if (boughtCents + topUp.amountCents > topUp.monthlyCeilingCents) return 0n;
    // A running number, the same until it is granted: whoever runs beside this one, or after it in another month, asks for the same purchase.
    const reference = `${caller.tenantId}:${grants.filter(({ source }) => source === 'top_up').length + 1}`;
    const charged = await charge.charge(caller, topUp.amountCents, composed.currency, reference);
    if (charged.state === 'asked') {
      const money = (cents: bigint) => `${formatAmount(cents, composed.currency)} ${composed.currency}`;
      const text = `${money(leftCents > 0n ? leftCents : 0n)} of credit is left, less than ${money(topUp.belowCents)}. Transfer ${money(topUp.amountCents)} with the reference ${reference}; it is credited when it arrives.`;
      const mail = { subject: 'Waybill: credit runs low', text, about: 'top_up' } as const;
      await this.profiles.noteOnce(caller, period, { scope: 'top_up', step: Math.floor((nowMs - period.startMs) / (topUp.coolDownHours * hourMs)), mail }, nowMs);
      return 0n;
    }
    return this.#grant(caller, composed.currency, [charged]);
  }

  async #grant(caller: Caller, contractCurrency: string, purchases: readonly Purchase[]): Promise<bigint> {
    let cents = 0n;
    for (const { reference, currency, amountCents, taxCents } of purchases) {
      await this.credits.grant(caller, contractCurrency, { id: grantIdOf(reference), currency, amountCents, priority: 50, source: 'top_up', reason: 'Bought when credit ran low', expiresAtMs: null, taxCents });
      this.logger.info('credit.topped_up', { tenantId: caller.tenantId, amountCents: String(amountCents) });
      cents += amountCents;
    }
    return cents;
  }
}
