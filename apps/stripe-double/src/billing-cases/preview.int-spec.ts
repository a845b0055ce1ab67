import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ContractStore, Contracts, CountsStore, periodAt, PriceBookStore, ReconciliationReport, ReconciliationStore, StripeCountsReader, TenantStore } from '@waybill/billing';
import { silentLogger } from '@waybill/kernel';
import { freshDatabase } from '@waybill/testing';
import type { FreshDatabase } from '@waybill/testing';
import { Case, emptied, october } from '../testing/case.js';
import type { Tenant } from '../testing/case.js';
import { dayMs, hourMs } from '../testing/with-double.js';

const period = periodAt(october);

describe("the nightly comparison of our preview with Stripe's", () => {
  let database: FreshDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    await emptied(database);
    await database.query('TRUNCATE reconciliation_rows, reconciliation_checks, usage_entries, usage_batches CASCADE');
  });

  async function opened(tenantsPerPage = 200) {
    const test = await Case.open({ database });
    const books = new PriceBookStore(database.database);
    await books.publish(test.book, october);
    const report = new ReconciliationReport(
      {
        counts: new CountsStore(database.database), reports: new ReconciliationStore(database.database), contracts: new Contracts(new ContractStore(database.database), books, test.clock, 'payg'), alerts: test.billing.alerts,
        tenants: new TenantStore(database.database), tenantsPerPage, ledger: { sealedThroughMs: async () => Math.floor(test.clock.nowMs() / hourMs) * hourMs }, stripe: new StripeCountsReader(test.billing),
      },
      test.clock, silentLogger,
    );
    const found = async () => (await report.last(period)).rows.filter(({ scope }) => scope === 'preview').map(({ tenantId, meter, cause, ledger, preview, cents }) => ({ tenantId, meter, cause, ledger, preview, ours: cents?.ours, theirs: cents?.theirs }));
    return {
      test, report, found,
      night: () => report.run(period),
      details: async () => (await test.billing.alertStore.open()).map(({ code, tenantId, detail }) => ({ code, tenantId, detail })),
      use: async ({ tenantId, namespaceId, customer }: Tenant, atMs: number, quantity: bigint, meter = 'mq_messages') => {
        await test.use({ tenantId, namespaceId, customer }, atMs, quantity, meter);
        const batch = `b_${tenantId}_${atMs}_${meter}`;
        await database.query(`INSERT INTO usage_batches (tenant_id, id, namespace_id, sealed_at, sha256) VALUES ('${tenantId}', '${batch}', '${namespaceId}', now(), '\\x00');
          INSERT INTO usage_entries (tenant_id, namespace_id, batch_id, hour, dimension, cause, resource_id, delta) VALUES ('${tenantId}', '${namespaceId}', '${batch}', '${new Date(atMs).toISOString()}', '${meter}', 'publish', 'x_1', ${quantity})`);
      },
    };
  }

  it('agrees to the unit and the cent over every meter, also where the lines are more than a page', async () => {
    const { test, night, found, use } = await opened();
    const tenant = await test.tenant();
    for (const { dimension } of test.book.prices) await use(tenant, october, 1_234_567_890n, dimension);
    await use(tenant, october + hourMs, 7n);
    await test.moveTo(october + 2 * hourMs);
    await test.pushAll();
    const preview = await test.doubled.stripe.invoices.createPreview({ subscription: (await test.billing.accounts.find(tenant.tenantId))!.subscriptionId! });
    expect([preview.billing_reason, preview.lines.has_more, preview.id.startsWith('upcoming_in')]).toEqual(['upcoming', true, true]);
    await night();
    expect([await found(), await test.alerts()]).toEqual([[], []]);
  });

  it('an event that Stripe lost is a line that differs, waited for six hours and then an alert; both go when the numbers agree again', async () => {
    const { test, night, found, details, use } = await opened();
    const tenant = await test.tenant();
    await use(tenant, october, 5_000_000n);
    await test.moveTo(october + hourMs);
    await test.plan();
    await test.billing.sender.send();
    await test.doubled.control('usage/forget', { customer: tenant.customer });
    const row = { tenantId: tenant.tenantId, meter: 'mq_messages', cause: 'stripe_lag', ledger: 5_000_000n, preview: 0n, ours: 160n, theirs: 0n };
    await night();
    expect([await found(), await test.alerts()]).toEqual([[row], []]);
    await test.moveTo(october + 8 * hourMs);
    await night();
    expect([await found(), await details()]).toMatchObject([[row], [{ code: 'stripe_preview_differs', tenantId: tenant.tenantId, detail: "mq_messages: stripe_lag since 2026-10-01T00:00:00.000Z, 5000000 units here, 0 in Stripe's preview, 160 cents here, 0 in Stripe's preview" }]]);
    await test.pushAll();
    await night();
    expect([await found(), await test.alerts()]).toEqual([[], []]);
  });

  it('what Stripe has taken and does not sum yet is named as its lag', async () => {
    const { test, night, found, use } = await opened();
    const tenant = await test.tenant();
    await test.doubled.control('rules', { usageLagS: 3_600 });
    await use(tenant, october, 3n);
    await test.moveTo(october + hourMs);
    await test.push();
    await night();
    expect([(await found()).map(({ cause, preview }) => [cause, preview]), await test.alerts()]).toEqual([[['stripe_lag', 0n]], []]);
    await test.moveTo(october + 2 * hourMs);
    await night();
    expect(await found()).toEqual([]);
  });

  it('hours that are not sealed, or not sent for a moment, raise nobody', async () => {
    const { test, night, found, use } = await opened();
    const tenant = await test.tenant();
    await use(tenant, october, 3n);
    await use(tenant, october + hourMs, 4n);
    await test.moveTo(october + hourMs + 60_000);
    await night();
    expect([(await found()).map(({ cause, ledger }) => [cause, ledger]), await test.alerts()]).toEqual([[['not_sent', 3n]], []]);
  });

  it('a line that somebody put on the next invoice at Stripe, and credit that is not ours, are found before the month ends', async () => {
    const { test, night, found, details } = await opened();
    const tenant = await test.tenant();
    await test.moveTo(october + dayMs);
    await test.doubled.stripe.invoiceItems.create({ customer: tenant.customer, currency: 'usd', amount: 500, description: 'Consulting' });
    await night();
    expect((await found()).map(({ meter, cause, theirs }) => [meter, cause, theirs])).toEqual([['', 'foreign_line', 500n]]);
    expect(await details()).toEqual([{ code: 'stripe_preview_differs', tenantId: tenant.tenantId, detail: "foreign_line: 0 cents here, 500 in Stripe's preview" }]);
  });

  it('assumed: a preview shows the credit it would burn', async () => {
    const { test, night, found, use } = await opened();
    const tenant = await test.tenant();
    await use(tenant, october, 5_000_000n);
    await test.moveTo(october + hourMs);
    await test.pushAll();
    const grant = await test.doubled.stripe.billing.creditGrants.create({ customer: tenant.customer, category: 'promotional', amount: { type: 'monetary', monetary: { currency: 'usd', value: 90 } }, applicability_config: { scope: { price_type: 'metered' } } });
    await night();
    expect([(await found()).map(({ cause, theirs }) => [cause, theirs]), await test.alerts()]).toEqual([[['stripe_credit', -90n]], ['stripe_preview_differs']]);
    await test.doubled.stripe.billing.creditGrants.voidGrant(grant.id);
    await night();
    expect([await found(), await test.alerts()]).toEqual([[], []]);
  });

  it('a customer that was deleted at Stripe is found by the night also when no webhook told of it, with all that cannot be billed', async () => {
    const { test, night, found, use } = await opened();
    const tenant = await test.tenant();
    await use(tenant, october, 5_000_000n);
    await test.moveTo(october + hourMs);
    await test.pushAll();
    await test.doubled.stripe.customers.del(tenant.customer);
    for (const _twice of [1, 2]) expect(await night()).toMatchObject({ failed: 0 });
    expect((await found()).map(({ cause, ledger, preview, ours }) => [cause, ledger, preview, ours])).toEqual([['customer_deleted', 5_000_000n, null, 160n]]);
    expect([await test.alerts(), (await test.billing.accounts.find(tenant.tenantId))?.status]).toEqual([['stripe_customer_deleted'], 'deleted']);
  });

  it('a subscription that was ended at Stripe without our knowing is found', async () => {
    const { test, night, found, use } = await opened();
    const tenant = await test.tenant();
    await use(tenant, october, 5n);
    await test.moveTo(october + hourMs);
    await test.pushAll();
    await test.doubled.stripe.subscriptions.cancel((await test.billing.accounts.find(tenant.tenantId))!.subscriptionId!);
    await night();
    expect([(await found()).map(({ cause }) => cause), await test.alerts()]).toEqual([['no_subscription'], ['stripe_preview_differs']]);
  });

  it('walks every tenant over more than three pages; one that fails is noted and holds up no other', async () => {
    const { test, report, night, found, use } = await opened(2);
    const tenants: Tenant[] = [];
    for (let many = 0; many < 7; many += 1) tenants.push(await test.tenant());
    for (const tenant of tenants) await use(tenant, october, 2_000_000n);
    await test.moveTo(october + hourMs);
    await test.pushAll();
    for (const { customer } of [tenants[0]!, tenants[6]!]) await test.doubled.stripe.billing.meterEvents.create({ event_name: 'mq_messages', identifier: `other-${customer}`, timestamp: october / 1_000 + 60, payload: { stripe_customer_id: customer, value: '9' } });
    await test.doubled.control('faults', { kind: 'server_error', operation: 'POST /v1/invoices/create_preview', containing: tenants[3]!.customer, times: 50 });
    const { tenants: walked, failed } = await night();
    expect([walked >= 7, failed]).toEqual([true, 1]);
    expect((await found()).map(({ tenantId, cause, preview }) => [tenantId, cause, preview]).sort()).toEqual([[tenants[0]!.tenantId, 'overwritten', 9n], [tenants[6]!.tenantId, 'overwritten', 9n]].sort());
    expect((await report.last(period)).state.failed.map(({ tenantId }) => tenantId)).toEqual([tenants[3]!.tenantId]);
    await test.doubled.control('faults', {}, 'DELETE');
    expect(await night()).toMatchObject({ failed: 0 });
    expect((await report.last(period)).state.failed).toEqual([]);
  });
});
