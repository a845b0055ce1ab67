import { describe, expect, it } from '@jest/globals';
import type Stripe from 'stripe';
import { startDouble, writtenAgainst } from './double.js';
import { dayMs, hourMs, withDouble } from './testing/with-double.js';
import type { Doubled } from './testing/with-double.js';

const day1 = Date.UTC(2026, 9, 1);
const nextMonthS = Date.UTC(2026, 10, 1) / 1000;

/** A customer whose card works, with one graduated price of a meter, subscribed to the first of the month. */
async function subscribed({ stripe, control }: Doubled, anchorS = nextMonthS) {
  const customer = await stripe.customers.create({ name: 'Acme', metadata: { tenant: 'tnt_1' } });
  await control(`cards/${customer.id}`, { card: 'good' });
  const meter = await stripe.billing.meters.create({
    display_name: 'Messages', event_name: 'mq_messages', default_aggregation: { formula: 'sum' }, event_time_window: 'hour',
    customer_mapping: { type: 'by_id', event_payload_key: 'stripe_customer_id' }, value_settings: { event_payload_key: 'value' },
  });
  const product = await stripe.products.create({ name: 'Messages' });
  const price = await stripe.prices.create({
    product: product.id, currency: 'usd', billing_scheme: 'tiered', tiers_mode: 'graduated', recurring: { interval: 'month', meter: meter.id, usage_type: 'metered' },
    tiers: [{ up_to: 1_000_000, unit_amount_decimal: '0' as never }, { up_to: 'inf', unit_amount_decimal: '0.00004' as never }], lookup_key: 'v1:mq_messages',
  });
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], billing_mode: { type: 'flexible' }, billing_cycle_anchor: anchorS, proration_behavior: 'none' });
  return { customer, meter, price, subscription };
}

const event = (customer: string, hourStartMs: number, value: bigint, identifier: string): Stripe.Billing.MeterEventCreateParams => ({
  event_name: 'mq_messages', identifier, timestamp: hourStartMs / 1000 + 3599, payload: { stripe_customer_id: customer, value: String(value) },
});

const drafts = async (stripe: Stripe, customer: string): Promise<Stripe.Invoice[]> => (await stripe.invoices.list({ customer, status: 'draft' })).data;

describe('the Stripe double', () => {
  it('replaces the value of an hour by the one it received last, and bills the sum of the hours', async () => {
    const doubled = await withDouble({ heldAtMs: day1 });
    const { stripe, control } = doubled;
    const { customer, meter } = await subscribed(doubled);
    await control('clock/advance', { byMs: 2 * hourMs });
    await stripe.billing.meterEvents.create(event(customer.id, day1, 9_000_000n, 'a:1'));
    await stripe.billing.meterEvents.create(event(customer.id, day1, 4_000_000n, 'a:2'));
    await stripe.billing.meterEvents.create(event(customer.id, day1 + hourMs, 6_000_000n, 'b:1'));
    const summaries = await stripe.billing.meters.listEventSummaries(meter.id, { customer: customer.id, start_time: day1 / 1000, end_time: day1 / 1000 + 7200, value_grouping_window: 'hour' });
    expect(summaries.data.map(({ aggregated_value }) => aggregated_value)).toEqual([6_000_000, 4_000_000]);
    await control('clock/advance', { toMs: nextMonthS * 1000 });
    const [draft] = await drafts(stripe, customer.id);
    expect(draft).toMatchObject({ billing_reason: 'subscription_cycle', subtotal: 360, period_start: day1 / 1000, period_end: nextMonthS });
    expect(draft!.lines.data.map(({ quantity, amount }) => [quantity, amount])).toEqual([[1_000_000, 0], [9_000_000, 360]]);
  });

  it('refuses an identifier a second time within 24 hours, says not to retry, and takes it again afterwards', async () => {
    const doubled = await withDouble({ heldAtMs: day1 + dayMs });
    const { stripe, control } = doubled;
    const { customer } = await subscribed(doubled);
    await stripe.billing.meterEvents.create(event(customer.id, day1, 1n, 'a:1'));
    await expect(stripe.billing.meterEvents.create(event(customer.id, day1, 1n, 'a:1'))).rejects.toMatchObject({ statusCode: 400, message: /already exists with identifier a:1/, headers: { 'stripe-should-retry': 'false' } });
    await control('clock/advance', { byMs: dayMs + 1000 });
    await stripe.billing.meterEvents.create(event(customer.id, day1, 1n, 'a:1'));
  });

  it('takes events of the last 35 days up to five minutes ahead, whole numbers only, of meters and customers it knows', async () => {
    const doubled = await withDouble({ heldAtMs: day1 + 40 * dayMs });
    const { stripe } = doubled;
    const { customer } = await subscribed(doubled, Date.UTC(2026, 11, 1) / 1000);
    const refused = (params: Partial<Stripe.Billing.MeterEventCreateParams>, code: string) =>
      expect(stripe.billing.meterEvents.create({ ...event(customer.id, day1 + 39 * dayMs, 1n, code), ...params })).rejects.toMatchObject({ statusCode: 400, code });
    await refused({ timestamp: day1 / 1000 }, 'timestamp_too_far_in_past');
    await refused({ timestamp: day1 / 1000 + 41 * 86_400 }, 'timestamp_in_future');
    await refused({ payload: { stripe_customer_id: customer.id, value: '1.5' } }, 'meter_event_invalid_value');
    await refused({ event_name: 'unknown' }, 'no_meter');
    await refused({ payload: { stripe_customer_id: 'cus_nobody', value: '1' } }, 'resource_missing');
  });

  it('finalizes a draft by itself after the grace, unless it was claimed', async () => {
    const doubled = await withDouble({ heldAtMs: day1 });
    const { stripe, control } = doubled;
    const { customer } = await subscribed(doubled);
    await control('clock/advance', { byMs: hourMs });
    await stripe.billing.meterEvents.create(event(customer.id, day1, 3_000_000n, 'a:1'));
    await control('clock/advance', { toMs: nextMonthS * 1000 });
    const [october] = await drafts(stripe, customer.id);
    await stripe.invoices.update(october!.id, { auto_advance: false });
    await control('clock/advance', { byMs: 30 * dayMs });
    expect((await stripe.invoices.retrieve(october!.id)).status).toBe('draft');
    const [november, ...more] = (await drafts(stripe, customer.id)).filter(({ id }) => id !== october!.id);
    expect(more).toEqual([]);
    await control('clock/advance', { byMs: hourMs });
    expect(await stripe.invoices.retrieve(november!.id)).toMatchObject({ status: 'paid', amount_due: 0 });
    const claimed = await stripe.invoices.finalizeInvoice(october!.id, { auto_advance: true });
    expect(claimed).toMatchObject({ status: 'paid', amount_paid: 80 });
  });

  it('ignores usage that comes after finalization', async () => {
    const doubled = await withDouble({ heldAtMs: day1 });
    const { stripe, control } = doubled;
    const { customer } = await subscribed(doubled);
    await control('clock/advance', { toMs: nextMonthS * 1000 });
    const [draft] = await drafts(stripe, customer.id);
    await stripe.invoices.finalizeInvoice(draft!.id);
    await stripe.billing.meterEvents.create(event(customer.id, nextMonthS * 1000 - hourMs, 5_000_000n, 'late:1'));
    expect((await stripe.invoices.retrieve(draft!.id)).subtotal).toBe(0);
  });

  it('tries a declined card again on days of its own, and the invoice is past due until a card works', async () => {
    const doubled = await withDouble({ heldAtMs: day1 });
    const { stripe, control } = doubled;
    const { customer, subscription } = await subscribed(doubled);
    await control('clock/advance', { byMs: hourMs });
    await stripe.billing.meterEvents.create(event(customer.id, day1, 3_000_000n, 'a:1'));
    await control(`cards/${customer.id}`, { card: 'declined' });
    await control('clock/advance', { toMs: nextMonthS * 1000 + hourMs });
    const [open] = (await stripe.invoices.list({ customer: customer.id, status: 'open' })).data;
    expect(open).toMatchObject({ attempt_count: 1, amount_remaining: 80 });
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('past_due');
    await control(`cards/${customer.id}`, { card: 'good' });
    await control('clock/advance', { byMs: 3 * dayMs });
    expect(await stripe.invoices.retrieve(open!.id)).toMatchObject({ status: 'paid', attempt_count: 2 });
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
  });

  it('burns credits on metered lines only, by priority, expiry and age, and tells each step', async () => {
    const doubled = await withDouble({ heldAtMs: day1 });
    const { stripe, control } = doubled;
    const { customer } = await subscribed(doubled);
    const grant = (value: number, priority: number) =>
      stripe.billing.creditGrants.create({ customer: customer.id, amount: { type: 'monetary', monetary: { currency: 'usd', value } }, applicability_config: { scope: { price_type: 'metered' } }, category: 'promotional', priority });
    const late = await grant(100, 50);
    const first = await grant(30, 0);
    await control('clock/advance', { byMs: hourMs });
    await stripe.billing.meterEvents.create(event(customer.id, day1, 3_000_000n, 'a:1'));
    await stripe.invoiceItems.create({ customer: customer.id, amount: 500, currency: 'usd', description: 'Base fee' });
    await control('clock/advance', { toMs: nextMonthS * 1000 + hourMs });
    const [invoice] = (await stripe.invoices.list({ customer: customer.id })).data;
    expect(invoice).toMatchObject({ subtotal: 580, amount_due: 500, total_pretax_credit_amounts: [{ amount: 80 }] });
    const applied = (await stripe.billing.creditBalanceTransactions.list({ customer: customer.id })).data.filter(({ type }) => type === 'debit');
    expect(applied.map(({ credit_grant, debit }) => [credit_grant, debit!.amount.monetary!.value]).sort()).toEqual([[late.id, 50], [first.id, 30]].sort());
  });

  it('gives the same answer to the same key, and refuses the key for another request', async () => {
    const { stripe } = await withDouble();
    const first = await stripe.customers.create({ name: 'Acme' }, { idempotencyKey: 'k1' });
    expect((await stripe.customers.create({ name: 'Acme' }, { idempotencyKey: 'k1' })).id).toBe(first.id);
    await expect(stripe.customers.create({ name: 'Other' }, { idempotencyKey: 'k1' })).rejects.toMatchObject({ type: 'StripeIdempotencyError' });
    expect((await stripe.customers.list()).data).toHaveLength(1);
  });

  it('pages with cursors to the end', async () => {
    const { stripe } = await withDouble();
    for (let i = 0; i < 25; i += 1) await stripe.customers.create({ name: `C${i}` });
    const names = [];
    for await (const customer of stripe.customers.list({ limit: 10 })) names.push(customer.name);
    expect(names).toEqual(Array.from({ length: 25 }, (_, i) => `C${24 - i}`));
  });

  it('says loudly what it does not play', async () => {
    const { stripe, double } = await withDouble();
    await expect(stripe.coupons.create({ percent_off: 10 })).rejects.toMatchObject({ statusCode: 501 });
    expect((await fetch(`${double.url}/v1/no_such_thing`)).status).toBe(501);
  });

  it('says loudly when there is no contract to be checked against, and refuses one of another version', async () => {
    const lines: string[] = [];
    const double = await startDouble({ contractFile: '/nonexistent', log: (line) => lines.push(line) });
    await double.close();
    expect(lines.join()).toContain('NO CONTRACT FILE');
    expect(double.checksContract).toBe(false);
    expect(writtenAgainst.package).toMatch(/^stripe@\d/);
  });

  it('carries a call out once whether it times out before or after the commit', async () => {
    const { stripe, control } = await withDouble({}, { maxNetworkRetries: 2, timeout: 150 });
    await control('faults', { kind: 'timeout_before', operation: 'POST /v1/customers' });
    await control('faults', { kind: 'timeout_after', operation: 'POST /v1/customers' });
    const customer = await stripe.customers.create({ name: 'Acme' });
    expect((await stripe.customers.list()).data.map(({ id }) => id)).toEqual([customer.id]);
  });
});
