import type { Caller, Clock } from '@waybill/kernel';
import { newId, WaybillError } from '@waybill/kernel';
import { checkSameCurrency, exponentOf } from '../money/currency.js';
import type { AvailableCredit } from '../invoices/compose.js';
import { burnOrder } from './burn.js';
import type { CreditGrant, CreditSource, CreditStore } from './credit.store.js';

export interface NewCredit {
  /** Makes a grant happen once; a new one when left out. */
  readonly id?: string;
  readonly currency: string;
  readonly amountCents: bigint;
  readonly priority: number;
  readonly source: CreditSource;
  readonly reason: string;
  readonly expiresAtMs: number | null;
  /** Paid on top when it was bought; 0 when left out. */
  readonly taxCents?: bigint;
}

/** Credit of tenants: granted, burnt in order at finalization, expired, voided. Never below zero. */
export class Credits {
  constructor(
    private readonly store: CreditStore,
    private readonly clock: Clock,
  ) {}

  /** All grants, what burns next first, those that are used up or expired last. */
  async list(caller: Caller): Promise<CreditGrant[]> {
    const grants = await this.store.grants(caller);
    const usable = burnOrder(grants, this.clock.nowMs());
    return [...usable, ...grants.filter((grant) => !usable.includes(grant))];
  }

  /** What an invoice in this currency can burn, in order. */
  async available(caller: Caller, currency: string): Promise<AvailableCredit[]> {
    const grants = (await this.store.grants(caller)).filter((grant) => grant.currency === currency);
    return burnOrder(grants, this.clock.nowMs()).map(({ id, reason, remainingCents }) => ({ grantId: id, reason, remainingCents }));
  }

  /** Fails with `credit_invalid`, `currency_unknown`, and `currency_mismatch` when it is not the contract's currency. */
  async grant(caller: Caller, contractCurrency: string, { id = newId('creditGrant'), taxCents = 0n, ...credit }: NewCredit): Promise<string> {
    const nowMs = this.clock.nowMs();
    exponentOf(credit.currency);
    checkSameCurrency(contractCurrency, credit.currency);
    const refuse = (reason: string): never => {
      throw new WaybillError('credit_invalid', { reason });
    };
    if (credit.amountCents <= 0n || credit.amountCents > 10n ** 12n) refuse('the amount is out of range');
    if (!Number.isInteger(credit.priority) || credit.priority < 0 || credit.priority > 100) refuse('the priority is not from 0 to 100');
    if (credit.expiresAtMs !== null && credit.expiresAtMs <= nowMs) refuse('it would have expired already');
    await this.store.grant(caller, { ...credit, id, createdAtMs: nowMs, remainingCents: credit.amountCents }, taxCents);
    return id;
  }

  /** Takes back what is left of a grant. Fails with `credit_invalid` when nothing is. */
  async void(caller: Caller, grantId: string): Promise<bigint> {
    const taken = await this.store.takeRest(caller, grantId, 'void', this.clock.nowMs());
    if (taken === 0n) throw new WaybillError('credit_invalid', { reason: 'nothing is left of the grant' });
    return taken;
  }

  /** Books the end of grants whose time is over. Returns how many. */
  async expire(caller: Caller): Promise<number> {
    const nowMs = this.clock.nowMs();
    let expired = 0;
    for (const { id, expiresAtMs, remainingCents } of await this.store.grants(caller)) {
      if (expiresAtMs === null || expiresAtMs > nowMs || remainingCents === 0n) continue;
      if ((await this.store.takeRest(caller, id, 'expire', nowMs)) > 0n) expired += 1;
    }
    return expired;
  }
}
