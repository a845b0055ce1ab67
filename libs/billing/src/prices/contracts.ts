import type { Caller, Clock } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import { nextPeriod, periodAt } from '../invoices/period.js';
import type { Period } from '../invoices/period.js';
import type { ContractRow, ContractStore } from './contract.store.js';
import type { PriceBook } from './price-book.js';
import type { PriceBookStore } from './price-book.store.js';
import { planOf } from './plans.js';
import type { Plan } from './plans.js';

export interface Contract {
  readonly plan: Plan;
  readonly book: PriceBook;
  /** First period it is for; 0 when the tenant never chose. */
  readonly startsAtMs: number;
  readonly paymentTermsDays: number;
  readonly purchaseOrder: string | null;
}

export interface NewTerms {
  readonly priceBookId?: string | undefined;
  readonly paymentTermsDays: number;
  readonly purchaseOrder: string | null;
}

const ownTerms: NewTerms = { paymentTermsDays: 14, purchaseOrder: null };

/**
 * Which plan and which version of its prices a tenant has. One answer for a whole period: what changes, changes with
 * the next one, so every hour is billed once and at one price (billing.md §0.8).
 */
export class Contracts {
  constructor(
    private readonly store: ContractStore,
    private readonly books: PriceBookStore,
    private readonly clock: Clock,
    /** Plan of a tenant that never chose. */
    private readonly defaultPlan: string,
  ) {}

  async of(caller: Caller, period: Period): Promise<Contract> {
    return this.#open(caller, (await this.store.at(caller, period.startMs)) ?? (await this.#unchosen(period)));
  }

  /** What waits for the next period; null when nothing does. */
  async waiting(caller: Caller): Promise<ContractRow | null> {
    return this.store.after(caller, periodAt(this.clock.nowMs()).startMs);
  }

  /**
   * Changes the plan with the next period; choosing the present one takes a waiting change back.
   * Fails with `plan_not_found`, `plan_not_self_service`, `plan_limit_exceeded`, `currency_mismatch`.
   */
  async change(caller: Caller, planName: string): Promise<void> {
    const plan = planOf(planName);
    if (!plan.selfService) throw new WaybillError('plan_not_self_service');
    const now = periodAt(this.clock.nowMs());
    const present = await this.of(caller, now);
    if (present.plan.name === plan.name) return this.store.remove(caller, now.endMs);
    const used = (await this.store.namespaces(caller)).length;
    if (plan.namespaces !== null && used > plan.namespaces) throw new WaybillError('plan_limit_exceeded', { resource: 'namespaces', limit: plan.namespaces, used });
    await this.#put(caller, plan, ownTerms, present);
  }

  /** By finance, for any plan. Fails with `plan_not_found`, `price_book_not_found`, `currency_mismatch`. */
  async set(caller: Caller, planName: string, terms: NewTerms): Promise<void> {
    await this.#put(caller, planOf(planName), terms, await this.of(caller, periodAt(this.clock.nowMs())));
  }

  async #put(caller: Caller, plan: Plan, { priceBookId, ...terms }: NewTerms, present: Contract): Promise<void> {
    const book = priceBookId === undefined ? await this.books.newest(plan.priceBook) : await this.books.open(caller, priceBookId);
    const row = { startsAtMs: nextPeriod(periodAt(this.clock.nowMs())).startMs, plan: plan.name, priceBookId: book.id, ...terms };
    await this.store.put(caller, row, { isPaid: plan.needsPaymentMethod || !plan.selfService, from: present.book.currency, to: book.currency });
  }

  /** Pinned like a contract: what is published inside a month is for the next one. */
  async #unchosen({ startMs }: Period): Promise<ContractRow> {
    const plan = planOf(this.defaultPlan);
    return { startsAtMs: 0, plan: plan.name, priceBookId: (await this.books.asOf(plan.priceBook, startMs)).id, paymentTermsDays: ownTerms.paymentTermsDays, purchaseOrder: ownTerms.purchaseOrder };
  }

  async #open(caller: Caller, row: ContractRow): Promise<Contract> {
    return { plan: planOf(row.plan), book: await this.books.open(caller, row.priceBookId), startsAtMs: row.startsAtMs, paymentTermsDays: row.paymentTermsDays, purchaseOrder: row.purchaseOrder };
  }
}
