import { catalogue, isFreePrice, meters, openStripeBilling, rate, periodAt } from '@waybill/billing';
import type { ComposedInvoice, Invoice, InvoiceLine, InvoiceOutcomes, PriceBook, StripeBilling } from '@waybill/billing';
import { HeldClock, newId, Secret, silentLogger } from '@waybill/kernel';
import type { Caller, NamespaceId, TenantId } from '@waybill/kernel';
import { freshDatabase, newHome } from '@waybill/testing';
import type { FreshDatabase } from '@waybill/testing';
import type { DoubleOptions } from '../double.js';
import { hourMs, withDouble } from './with-double.js';
import type { Doubled } from './with-double.js';

export const october = Date.UTC(2026, 9, 1);
export const november = Date.UTC(2026, 10, 1);

export interface Tenant {
  readonly tenantId: TenantId;
  readonly namespaceId: NamespaceId;
  readonly customer: string;
}

export function bookOf(name: string): PriceBook {
  return catalogue.find((book) => book.name === name)!;
}

/** Takes what a case left in a database away, so that the next one may use it: making one takes longer than most cases. */
export async function emptied(database: FreshDatabase): Promise<void> {
  await database.query('TRUNCATE meter_pushes, stripe_accounts, stripe_meters, stripe_prices, stripe_invoices, billing_alerts, webhook_events, usage_records');
}

/** A test of both sides: the ledger in PostgreSQL, the product's Stripe side, and the double; one clock that only moves when told. */
export class Case {
  private constructor(
    readonly fresh: FreshDatabase,
    readonly doubled: Doubled,
    readonly clock: HeldClock,
    readonly billing: StripeBilling,
    /** What was told of finalized invoices. */
    readonly outcomes: readonly string[],
    /** Hours before `sealedMs` are sealed. */
    readonly state: { sealedMs: number },
    public book: PriceBook,
  ) {}

  static async open(options: DoubleOptions & { readonly bookName?: string; readonly automaticTax?: boolean; readonly database?: FreshDatabase; readonly sdkTimeoutMs?: number } = {}): Promise<Case> {
    const startMs = options.heldAtMs ?? october;
    const doubled = await withDouble({ ...options, heldAtMs: startMs }, { maxNetworkRetries: 0, timeout: options.sdkTimeoutMs ?? 20_000 });
    const fresh = options.database ?? (await freshDatabase());
    const clock = new HeldClock(startMs);
    const told: string[] = [];
    const state = { sealedMs: Infinity };
    const outcomes: InvoiceOutcomes = {
      paid: async (_tenant, invoice, { amountCents }) => void told.push(`${invoice} paid ${amountCents}`),
      overdue: async (_tenant, invoice) => void told.push(`${invoice} overdue`),
      ended: async (_tenant, invoice, as) => void told.push(`${invoice} ${as}`),
    };
    const terms = { facts: async ({ tenantId }: Caller) => ({ tenantId, name: 'Acme', email: null }), book: async () => bookOf(options.bookName ?? 'list') };
    const sealed = { sealedThroughMs: async () => Math.min(state.sealedMs, Math.floor(clock.nowMs() / hourMs) * hourMs) };
    const billing = openStripeBilling({ database: fresh.database, stripe: doubled.stripe, clock, logger: silentLogger, sealed, outcomes, webhookSecrets: [new Secret('whsec_case')], publicUrl: 'http://localhost:3000', automaticTax: options.automaticTax ?? false, terms });
    return new Case(fresh, doubled, clock, billing, told, state, bookOf(options.bookName ?? 'list'));
  }

  /** A tenant with a working card and a subscription from now on. */
  async tenant(card: 'good' | 'declined' = 'good'): Promise<Tenant> {
    const { caller, namespaceId } = await newHome(this.fresh.database);
    const { tenantId } = caller;
    const account = await this.billing.customers.ensure({ tenantId, name: 'Acme', email: 'billing@acme.example' });
    await this.billing.subscriptions.begin(account, this.book, { daysUntilDue: null });
    await this.doubled.control(`cards/${account.customerId}`, { card });
    return { tenantId, namespaceId, customer: account.customerId };
  }

  /** As the ledger has it after the drain. */
  async use({ tenantId, namespaceId }: Tenant, atMs: number, quantity: bigint, meter = 'mq_messages'): Promise<void> {
    const hour = new Date(Math.floor(atMs / hourMs) * hourMs);
    await this.fresh.query(`SELECT usage_ensure_month('${hour.toISOString().slice(0, 10)}')`);
    await this.fresh.query(`INSERT INTO usage_records (tenant_id, namespace_id, hour, dimension, cause, resource_id, quantity)
      VALUES ('${tenantId}', '${namespaceId}', '${hour.toISOString()}', '${meter}', 'publish', 'x_1', ${quantity})
      ON CONFLICT (tenant_id, namespace_id, hour, dimension, cause, resource_id) DO UPDATE SET quantity = excluded.quantity`);
  }

  /** Both clocks; webhooks that come due are sent, and are lost here unless a test receives them. */
  async moveTo(toMs: number): Promise<void> {
    this.clock.advance(toMs - this.clock.nowMs());
    await this.doubled.control('clock/advance', { toMs });
  }

  async plan(): Promise<void> {
    for (const account of await this.billing.accounts.page('', 1_000)) await this.billing.planner.plan(account);
  }

  /** Plan, send and confirm once. */
  async push(): Promise<void> {
    await this.plan();
    await this.billing.sender.send();
    await this.billing.confirmer.confirm();
  }

  /** Until nothing waits, moving both clocks past every back-off. */
  async pushAll(turns = 30): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) {
      await this.push();
      if ((await this.states()).every((state) => ['confirmed', 'parked', 'replaced', 'too_old'].includes(state))) return;
      await this.moveTo(this.clock.nowMs() + 12 * 60_000);
    }
    throw new Error(`not all pushes came to rest: ${(await this.states()).join()}`);
  }

  async states(): Promise<string[]> {
    return (await this.fresh.query('SELECT state FROM meter_pushes ORDER BY tenant_id, meter, hour, revision')).map((row) => row['state'] as string);
  }

  async alerts(): Promise<string[]> {
    return (await this.billing.alertStore.open()).map(({ code }) => code);
  }

  /** What Stripe would bill a customer for a meter now. */
  async billed(customer: string, meter = 'mq_messages'): Promise<bigint> {
    const { hours } = (await this.doubled.control(`usage?customer=${customer}&event_name=${meter}`, {}, 'GET')) as { hours: { value: string }[] };
    return hours.reduce((sum, { value }) => sum + BigInt(value), 0n);
  }

  /** Our invoice of a month, from the ledger. */
  async compose(tenantId: TenantId, startMs = october): Promise<Invoice> {
    const period = periodAt(startMs);
    const totals = await this.billing.totals.totals(tenantId, period.startMs, period.endMs);
    const lines = meters.flatMap((dimension): InvoiceLine[] => {
      const price = this.book.prices.find((each) => each.dimension === dimension)!;
      if (isFreePrice(price)) return [];
      const quantity = totals.filter(({ meter }) => meter === dimension).reduce((sum, total) => sum + total.quantity, 0n);
      const rated = rate(price, quantity);
      return [{
        ...rated, id: newId('invoiceLine'), kind: 'usage', dimension, cause: null, description: dimension, quantity, unit: 'unit', reference: null, evidence: null, subLines: [],
      }];
    });
    const { baseFeeCents } = this.book.terms;
    const base: InvoiceLine[] = baseFeeCents === 0n ? [] : [{ ...lines[0]!, id: newId('invoiceLine'), kind: 'base', dimension: null, description: 'Base fee', quantity: 1n, amountCents: baseFeeCents }];
    const all = [...base, ...lines];
    const subtotalCents = all.reduce((sum, { amountCents }) => sum + amountCents, 0n);
    const composed: ComposedInvoice = {
      tenantId, period, plan: 'payg', priceBookId: this.book.id, priceBookVersion: 1, currency: 'USD', lines: all, subtotalCents, creditCents: 0n, totalCents: subtotalCents, evidence: 'e'.repeat(64),
    };
    return { ...composed, id: newId('invoice'), number: null, state: 'draft', settledCents: 0n, computedAtMs: 0, finalizedAtMs: null, dueAtMs: null, settledAtMs: null, holdReason: null, stripeInvoiceId: null, taxCents: 0n, taxes: [], billedTo: null };
  }

  async gates(tenantId: TenantId, startMs = october): Promise<string[]> {
    const invoice = await this.compose(tenantId, startMs);
    const gates = (await this.billing.closer.gates(tenantId, invoice.period, invoice)).filter(({ name, light }) => name !== 'taxed' || light !== 'grey');
    return gates.map(({ name, light, reason }) => `${name} ${light}${reason === null ? '' : `: ${reason}`}`);
  }

  async invoices(customer: string) {
    return (await this.doubled.stripe.invoices.list({ customer, limit: 100 })).data.filter(({ billing_reason: reason }) => reason !== 'subscription_create');
  }
}
