import { agreement } from '../../../scripts/demo/agreement.mjs';
import { advanceClock, demoNowMs, nextMonthMs } from '../../../scripts/demo/clock.mjs';
import { control, stripe } from '../../../scripts/demo/double.mjs';
import type { Stack } from '../../../scripts/local/stack.mjs';
import type { Customer } from './customer.js';
import { call, eventually, expectStatus } from './customer.js';

interface Invoice {
  readonly id: string;
  readonly period: string;
  readonly state: string;
  readonly subtotalCents: string;
  /** Added on top, in the total. */
  readonly taxCents: string;
  readonly totalCents: string;
  readonly lines: readonly { readonly kind: string; readonly dimension: string | null; readonly quantity: string }[];
}

const dayMs = 86_400_000;
const afterMonthMs = 10 * 60_000;

/** The months of one customer in an installation whose clock is moved by hand, with the Stripe double. */
export class MonthEnd {
  readonly #places: Parameters<typeof advanceClock>[0];

  constructor(
    stack: Stack,
    private readonly customer: Customer,
  ) {
    if (stack.stripe === null) throw new Error('this needs an installation with `demo`');
    this.#places = { databaseUrl: stack.databaseUrl, redisUrl: stack.redisUrl, stripeUrl: stack.stripe.url };
  }

  /** What time it is there. */
  nowMs(): Promise<number> {
    return demoNowMs(this.#places);
  }

  /** Goes to the morning of the tenth of the next month: far from both ends. */
  async goToMidMonth(): Promise<void> {
    await advanceClock(this.#places, nextMonthMs(await this.nowMs()) + 9 * dayMs + 9 * 3_600_000);
  }

  /** With a country where Checkout asks for an address. */
  async giveCard(given: { readonly country?: string } = {}): Promise<void> {
    const { url } = expectStatus(await this.#ask<{ url: string }>('POST', 'checkout'), 200, 201);
    await control(this.#places.stripeUrl, 'POST', `checkout/${new URL(url).pathname.split('/').at(-1)}`, { card: 'good', ...given });
    await eventually(async () => {
      const { data } = await stripe<{ metadata: Record<string, string> }>(this.#places.stripeUrl, 'GET', '/v1/subscriptions?limit=100');
      if (!data.some(({ metadata }) => Object.values(metadata).includes(this.customer.tenantId))) throw new Error('Stripe has no subscription of the tenant');
    });
  }

  /** Goes past the end of the month and waits until its invoice is paid. */
  async close(): Promise<Invoice> {
    const nowMs = await this.nowMs();
    await advanceClock(this.#places, nextMonthMs(nowMs) + afterMonthMs);
    const period = new Date(nowMs).toISOString().slice(0, 7);
    return eventually(async () => {
      const { items } = expectStatus(await this.#ask<{ items: Invoice[] }>('GET', 'invoices?limit=50'), 200);
      const found = items.find((invoice) => invoice.period === period);
      if (found?.state !== 'paid') throw new Error(`the invoice of ${period} is ${found?.state ?? 'not there'}`);
      return expectStatus(await this.#ask<Invoice>('GET', `invoices/${found.id}`), 200);
    }, 120_000);
  }

  /** Ledger = pushed and confirmed = Stripe's hourly sums = lines of both invoices; `counted` is what the customer knows of itself. Fails on any difference. */
  async compare(invoice: Invoice, counted: Readonly<Record<string, bigint>>): Promise<string> {
    const { data } = await stripe<{ id: string; metadata: Record<string, string> }>(this.#places.stripeUrl, 'GET', '/v1/invoices?limit=100');
    const bill = data.find(({ metadata }) => metadata['waybill_invoice'] === invoice.id);
    if (bill === undefined) throw new Error('Stripe has no invoice of this month');
    const evidence = expectStatus(await this.#ask<{ rows: { dimension: string; quantity: string | null }[] }>('GET', `invoices/${invoice.id}/export`), 200);
    return agreement({ invoice, bill, evidence, counted, tenantId: this.customer.tenantId, ...this.#places });
  }

  #ask<T>(method: string, place: string) {
    return call<T>(method, `${this.customer.controlUrl}/api/v1/billing/${place}`, { headers: { cookie: this.customer.cookie } });
  }
}
