import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { FreshDatabase } from '@waybill/testing';
import { freshDatabase } from '@waybill/testing';
import { dayMs, hourMs } from '../testing/with-double.js';
import { bookOf, Case, emptied, november, october } from '../testing/case.js';

/** billing.md §5 without its queue minutes and archive, which are hours: one month of use in one hour. */
const golden = { mq_messages: 10_000_000n, mq_kib_in: 20_000_000n, mq_exchange_passes: 10_000_000n, mq_queue_passes: 15_000_000n, mq_kib_out: 30_000_000n, mq_push_attempts: 500_000n, mq_queue_minutes: 1_296_000n, mq_exchange_minutes: 216_000n, mq_archive_mib_hours: 14_745_600n };

describe('the close of a month at Stripe', () => {
  let database: FreshDatabase;
  const servers: Server[] = [];
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.drop());
  beforeEach(() => emptied(database));
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  /** Receives the double's webhooks as the control plane does, at the given secret. */
  async function receive(test: Case): Promise<void> {
    const server = createServer((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        test.billing.receiver.receive(Buffer.concat(chunks), String(incoming.headers['stripe-signature'])).then(() => outgoing.end('{}'), () => outgoing.writeHead(400).end());
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await test.doubled.stripe.webhookEndpoints.create({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, enabled_events: ['*'] });
    for (const row of test.doubled.double.world.destinations.all()) row.secret = 'whsec_case';
  }

  it('21 (double): the golden month is $16.34 here and at Stripe, line by line, and is finalized and paid', async () => {
    const test = await Case.open({ database });
    const tenant = await test.tenant();
    for (const [meter, quantity] of Object.entries(golden)) await test.use(tenant, october, quantity, meter);
    await test.moveTo(october + 2 * hourMs);
    await test.pushAll();
    await test.moveTo(november);
    await test.billing.claim.sweep();
    expect(await test.gates(tenant.tenantId)).toEqual(['confirmed green', 'compared green']);
    const invoice = await test.compose(tenant.tenantId);
    const { stripeInvoiceId } = await test.billing.closer.finalize(invoice);
    const made = await test.doubled.stripe.invoices.retrieve(stripeInvoiceId!);
    expect(made).toMatchObject({ status: 'paid', total: 1_634, amount_paid: 1_634, metadata: { waybill_invoice: invoice.id } });
    expect(await test.billing.closer.finalize(invoice)).toMatchObject({ stripeInvoiceId, tax: { taxes: [] } });
    expect(await test.alerts()).toEqual([]);
  });

  it.each([1, 2, 3, 4])('18: webhooks doubled, shuffled and lost by seed %i lead to the same state; the sweep closes the lost ones', async (seed) => {
    const test = await Case.open({ database, seed });
    await receive(test);
    await test.doubled.control('faults/webhooks', { duplicated: 0.4, shuffled: true, lost: 0.4, delayMs: 20 });
    const [good, bad] = [await test.tenant('good'), await test.tenant('declined')];
    for (const tenant of [good, bad]) await test.use(tenant, october, 3_000_000n);
    await test.moveTo(october + 2 * hourMs);
    await test.pushAll();
    await test.moveTo(november);
    await test.billing.webhooks.work();
    await test.billing.claim.sweep();
    const invoices = [];
    for (const { tenantId } of [good, bad]) {
      const invoice = await test.compose(tenantId);
      await test.billing.closer.finalize(invoice);
      invoices.push(invoice.id);
    }
    await test.doubled.control('deliveries/idle');
    await test.doubled.control('faults/webhooks', { duplicated: 0.4, lost: 0 });
    for (const { id } of test.doubled.double.world.events.where(({ type }) => type.startsWith('invoice.'))) await test.doubled.control(`deliveries/resend/${id}`);
    await test.billing.webhooks.work();
    expect(new Set(test.outcomes)).toEqual(new Set([`${invoices[0]} paid 80`, `${invoices[1]} overdue`]));
    expect(await test.alerts()).toEqual([]);
    expect((await database.query('SELECT status FROM stripe_invoices ORDER BY status')).map(({ status }) => status)).toEqual(['open', 'paid']);
  });

  it('19: our service is down for two hours over the end of the month: the grace holds the draft, and it is closed right after', async () => {
    const test = await Case.open({ database });
    await test.doubled.control('rules', { draftGraceS: 24 * 3_600 });
    const tenant = await test.tenant();
    await test.use(tenant, november - 2 * hourMs, 4_000_000n);
    await test.use(tenant, november - hourMs, 5_000_000n);
    await test.moveTo(november + hourMs);
    expect((await test.invoices(tenant.customer)).map(({ status }) => status)).toEqual(['draft']);
    await test.billing.claim.sweep();
    await test.pushAll();
    const invoice = await test.compose(tenant.tenantId);
    expect(await test.gates(tenant.tenantId)).toEqual(['confirmed green', 'compared green']);
    await test.billing.closer.finalize(invoice);
    expect(await test.invoices(tenant.customer)).toEqual([expect.objectContaining({ status: 'paid', total: 320 })]);
  });

  it('19: with the usual grace of one hour Stripe has finalized alone after two: finance is told, and nothing of ours is finalized', async () => {
    const test = await Case.open({ database });
    const tenant = await test.tenant();
    await test.use(tenant, november - hourMs, 5_000_000n);
    await test.moveTo(november + 2 * hourMs);
    await test.pushAll();
    await expect(test.billing.closer.finalize(await test.compose(tenant.tenantId))).rejects.toMatchObject({ code: 'invoice_differs_from_stripe' });
    expect(await test.alerts()).toContain('stripe_invoice_unexpected');
  });

  it('20: the last push fails: the invoice stays a draft and is never under-billed', async () => {
    const test = await Case.open({ database });
    const tenant = await test.tenant();
    await test.use(tenant, october, 3_000_000n);
    await test.use(tenant, november - hourMs, 2_000_000n);
    await test.moveTo(october + 2 * hourMs);
    await test.pushAll();
    await test.doubled.control('faults', { kind: 'server_error', operation: 'POST /v1/billing/meter_events', times: 1_000 });
    await test.moveTo(november);
    await test.billing.claim.sweep();
    await test.push();
    expect(await test.gates(tenant.tenantId)).toEqual([expect.stringContaining('confirmed red'), expect.stringContaining('compared red')]);
    await expect(test.billing.closer.finalize(await test.compose(tenant.tenantId))).rejects.toMatchObject({ code: 'invoice_differs_from_stripe' });
    await test.moveTo(november + 10 * dayMs);
    expect((await test.invoices(tenant.customer)).map(({ status }) => status)).toEqual(['draft']);
    expect(await test.alerts()).toContain('stripe_invoice_differs');
    await test.doubled.control('faults', {}, 'DELETE');
    await test.pushAll();
    await test.billing.closer.finalize(await test.compose(tenant.tenantId));
    expect(await test.invoices(tenant.customer)).toEqual([expect.objectContaining({ status: 'paid', total: 160 })]);
    expect(await test.alerts()).toEqual([]);
  });

  it('26: a change of plan at the end of a period bills every hour once, at one price', async () => {
    const test = await Case.open({ database });
    const tenant = await test.tenant();
    const routed = bookOf('routed');
    await test.use(tenant, november - hourMs, 3_000_000n);
    await test.use(tenant, november, 7_000_000n);
    await test.use(tenant, november, 4_000_000n, 'mq_queue_passes');
    await test.moveTo(november - 2 * hourMs);
    await test.billing.subscriptions.changeAtPeriodEnd((await test.billing.accounts.find(tenant.tenantId))!, routed);
    await test.moveTo(november + 1_800_000);
    await test.billing.claim.sweep();
    await test.moveTo(november + 2 * hourMs);
    await test.pushAll();
    expect(await test.gates(tenant.tenantId)).toEqual(['confirmed green', 'compared green']);
    await test.billing.closer.finalize(await test.compose(tenant.tenantId));
    const december = Date.UTC(2026, 11, 1);
    await test.moveTo(december);
    await test.billing.claim.sweep();
    test.book = routed;
    expect(await test.gates(tenant.tenantId, november)).toEqual(['confirmed green', 'compared green']);
    await test.billing.closer.finalize(await test.compose(tenant.tenantId, november));
    expect((await test.invoices(tenant.customer)).map(({ total }) => total)).toEqual([40, 80]);
  });

  it('26: cancelled in the middle of an hour, the partial hour is billed once, and a new subscription bills from the next hour on (assumed: backdating)', async () => {
    const test = await Case.open({ database });
    const tenant = await test.tenant();
    await test.use(tenant, october, 3_000_000n);
    await test.moveTo(october + 5 * hourMs + 1_800_000);
    await test.use(tenant, october + 5 * hourMs, 2_000_000n);
    await test.plan();
    const account = (await test.billing.accounts.find(tenant.tenantId))!;
    await test.billing.planner.planPartialHour(account);
    await test.billing.sender.send();
    await test.billing.subscriptions.cancelNow(account);
    await test.billing.claim.sweep();
    await test.billing.confirmer.confirm();
    expect(await test.states()).toEqual(['confirmed', 'confirmed']);
    const [last] = await test.invoices(tenant.customer);
    expect(last).toMatchObject({ status: 'draft', subtotal: 160, auto_advance: false });
    await test.moveTo(october + 8 * hourMs);
    const ended = (await test.billing.accounts.find(tenant.tenantId))!;
    expect(ended).toMatchObject({ status: 'canceled', billedToMs: october + 6 * hourMs });
    await test.billing.subscriptions.begin(ended, test.book, { daysUntilDue: null });
    expect(await test.billing.accounts.find(tenant.tenantId)).toMatchObject({ status: 'active', billedFromMs: october + 6 * hourMs });
  });

  it('29: the sweep pages to the end: every draft of 230 tenants is claimed', async () => {
    const test = await Case.open({ database });
    const { price } = await oneSubscription(test);
    for (let i = 0; i < 230; i += 1) await draftOf(test, `tnt_page${i}`, price);
    await test.moveTo(november);
    await test.billing.claim.sweep();
    const drafts = [];
    for await (const invoice of test.doubled.stripe.invoices.list({ status: 'draft', limit: 100 })) drafts.push(invoice.auto_advance);
    expect(drafts).toHaveLength(231);
    expect(new Set(drafts)).toEqual(new Set([false]));
  });

  async function oneSubscription(test: Case): Promise<{ price: string }> {
    await test.tenant();
    const [first] = (await test.billing.catalogue.prices(test.book)).values();
    return { price: first! };
  }

  async function draftOf(test: Case, tenantId: string, price: string): Promise<void> {
    const customer = await test.doubled.stripe.customers.create({ metadata: { waybill_tenant: tenantId } });
    const subscription = await test.doubled.stripe.subscriptions.create({ customer: customer.id, items: [{ price }], billing_cycle_anchor: november / 1_000, metadata: { waybill_tenant: tenantId } });
    await database.query(`INSERT INTO stripe_accounts (tenant_id, customer_id, subscription_id, status, billed_from) VALUES ('${tenantId}', '${customer.id}', '${subscription.id}', 'active', '2026-10-01Z')`);
  }

  it('base fee and what else is no usage is put on the claimed draft once, and taken off when it is gone', async () => {
    const test = await Case.open({ database, bookName: 'team' });
    const tenant = await test.tenant();
    await test.moveTo(november);
    await test.billing.claim.sweep();
    for (let turn = 0; turn < 3; turn += 1) expect(await test.gates(tenant.tenantId)).toEqual(['confirmed green', 'compared green']);
    expect(await test.invoices(tenant.customer)).toEqual([expect.objectContaining({ subtotal: 4_900 })]);
    test.book = bookOf('list');
    expect(await test.gates(tenant.tenantId)).toEqual(['confirmed green', 'compared green']);
    expect(await test.invoices(tenant.customer)).toEqual([expect.objectContaining({ subtotal: 0 })]);
  });

  it('credit is burnt at Stripe exactly as our ledger burns it', async () => {
    const test = await Case.open({ database });
    const tenant = await test.tenant();
    await test.use(tenant, october, 10_000_000n);
    await test.moveTo(october + 2 * hourMs);
    await test.pushAll();
    await test.moveTo(november);
    const invoice = await test.compose(tenant.tenantId);
    await test.billing.closer.finalize({ ...invoice, creditCents: 300n, totalCents: 60n });
    expect(await test.invoices(tenant.customer)).toEqual([expect.objectContaining({ subtotal: 360, total: 60, amount_paid: 60 })]);
    expect(await test.alerts()).toEqual([]);
  });

  it('a line that differs by a cent, or a line that is not ours, keeps the draft and says which', async () => {
    const test = await Case.open({ database });
    const tenant = await test.tenant();
    await test.use(tenant, october, 10_000_000n);
    await test.moveTo(october + 2 * hourMs);
    await test.pushAll();
    await test.moveTo(november);
    await test.billing.claim.sweep();
    const [draft] = await test.invoices(tenant.customer);
    await test.doubled.stripe.invoiceItems.create({ customer: tenant.customer, invoice: draft!.id, amount: 100, currency: 'usd', description: 'By hand' });
    expect(await test.gates(tenant.tenantId)).toEqual(['confirmed green', expect.stringContaining('a line of 100 cents at Stripe that is not ours')]);
    const invoice = await test.compose(tenant.tenantId);
    const off = { ...invoice, lines: invoice.lines.map((line) => (line.dimension === 'mq_messages' ? { ...line, amountCents: line.amountCents + 1n } : line)) };
    await expect(test.billing.closer.finalize(off)).rejects.toMatchObject({ code: 'invoice_differs_from_stripe', message: expect.stringContaining('mq_messages: 361 cents here, 360 at Stripe') });
    expect((await test.invoices(tenant.customer)).map(({ status }) => status)).toEqual(['draft']);
  });

  it('a webhook with a wrong signature is refused with an alert, a replayed one changes nothing, and one out of order neither', async () => {
    const test = await Case.open({ database });
    await receive(test);
    const tenant = await test.tenant();
    await test.moveTo(october + hourMs);
    await test.billing.webhooks.work();
    await expect(test.billing.receiver.receive(Buffer.from('{}'), 't=1,v1=00')).rejects.toMatchObject({ code: 'webhook_signature_invalid' });
    await expect(test.billing.receiver.receive(Buffer.from('{}'), undefined)).rejects.toMatchObject({ code: 'webhook_signature_invalid' });
    expect((await test.billing.alertStore.open()).map(({ code, subject }) => [code, subject])).toEqual([['webhook_refused', 'signature'], ['webhook_refused', 'not_signed']]);
    const before = await database.query('SELECT id, state FROM webhook_events ORDER BY id');
    for (const { id } of [...test.doubled.double.world.events.all()].reverse()) await test.doubled.control(`deliveries/resend/${id}`);
    expect(await database.query('SELECT id, state FROM webhook_events ORDER BY id')).toEqual(before);
    expect(await test.billing.webhooks.work()).toBe(0);
    expect(await test.billing.accounts.find(tenant.tenantId)).toMatchObject({ status: 'active' });
  });

  it('a deleted customer stops the sending for that tenant, with an alert, and no second customer is made behind its back', async () => {
    const test = await Case.open({ database });
    await receive(test);
    const tenant = await test.tenant();
    await test.doubled.stripe.customers.del(tenant.customer);
    await test.doubled.control('deliveries/idle');
    await test.billing.webhooks.work();
    expect(await test.billing.accounts.find(tenant.tenantId)).toMatchObject({ status: 'deleted' });
    expect(await test.alerts()).toEqual(['stripe_customer_deleted']);
    await expect(test.billing.customers.ensure({ tenantId: tenant.tenantId, name: 'Acme', email: null })).rejects.toMatchObject({ code: 'stripe_customer_deleted' });
  });
});
