import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ContractStore, Contracts, CountsStore, FinanceEventStore, ParkedPushes, periodAt, PriceBookStore, ReconciliationReport, ReconciliationStore, StripeCountsReader, TenantStore } from '@waybill/billing';
import { silentLogger } from '@waybill/kernel';
import type { Caller } from '@waybill/kernel';
import { freshDatabase } from '@waybill/testing';
import type { FreshDatabase } from '@waybill/testing';
import { Case, emptied, november, october } from '../testing/case.js';
import type { Tenant } from '../testing/case.js';
import { dayMs, hourMs } from '../testing/with-double.js';

const finance: Caller = { actor: { kind: 'user', id: 'usr_finance' }, tenantId: 'tnt_finance' as Caller['tenantId'], namespaceId: null, permissions: new Set() };

describe('the reconciliation with Stripe, and what a person does about it', () => {
  let database: FreshDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.drop());
  beforeEach(() => emptied(database));

  async function opened() {
    const test = await Case.open({ database });
    const books = new PriceBookStore(database.database);
    await books.publish(test.book, october);
    const report = new ReconciliationReport(
      {
        alerts: test.billing.alerts, counts: new CountsStore(database.database), reports: new ReconciliationStore(database.database), tenants: new TenantStore(database.database), contracts: new Contracts(new ContractStore(database.database), books, test.clock, 'payg'),
        ledger: { sealedThroughMs: async () => Math.floor(test.clock.nowMs() / hourMs) * hourMs }, stripe: new StripeCountsReader(test.billing),
      },
      test.clock, silentLogger,
    );
    const events = new FinanceEventStore(database.database);
    return {
      test, events, parked: new ParkedPushes(test.billing.pushes, test.billing.accounts, test.billing.alerts, events, test.clock),
      compare: async ({ tenantId }: Tenant) => (await report.compare(tenantId, periodAt(october))).differences.filter(({ scope }) => scope !== 'preview').map(({ meter, scope, cause, pushed, summary, stripeLine }) => [meter, scope, cause, pushed, summary, stripeLine]),
      use: async (tenant: Tenant, atMs: number, quantity: bigint, meter = 'mq_messages') => {
        await test.use(tenant, atMs, quantity, meter);
        await database.query(`INSERT INTO usage_batches (tenant_id, id, namespace_id, sealed_at, sha256) VALUES ('${tenant.tenantId}', 'b_${tenant.tenantId}_${atMs}_${meter}', '${tenant.namespaceId}', now(), '\\x00') ON CONFLICT DO NOTHING;
          INSERT INTO usage_entries (tenant_id, namespace_id, batch_id, hour, dimension, cause, resource_id, delta) VALUES ('${tenant.tenantId}', '${tenant.namespaceId}', 'b_${tenant.tenantId}_${atMs}_${meter}', '${new Date(atMs).toISOString()}', '${meter}', 'publish', 'x_1', ${quantity})`);
      },
    };
  }

  it('tells what is not sent, refused, not summed yet and overwritten, each with the counts of both sides', async () => {
    const { test, compare, use } = await opened();
    const tenant = await test.tenant();
    await use(tenant, october, 5n);
    await use(tenant, october + hourMs, 6n);
    await test.moveTo(october + 2 * hourMs);
    expect(await compare(tenant)).toEqual([['mq_messages', 'hour', 'not_sent', null, 0n, null], ['mq_messages', 'hour', 'not_sent', null, 0n, null]]);
    await test.push();
    expect(await compare(tenant)).toEqual([]);
    await test.doubled.stripe.billing.meterEvents.create({ event_name: 'mq_messages', identifier: 'somebody-else', timestamp: october / 1_000 + 60, payload: { stripe_customer_id: tenant.customer, value: '99' } });
    expect(await compare(tenant)).toEqual([['mq_messages', 'hour', 'overwritten', 5n, 99n, null]]);
    await test.doubled.control('rules', { usageLagS: 3_600 });
    await use(tenant, october + 2 * hourMs, 7n);
    await test.moveTo(october + 3 * hourMs);
    await test.push();
    expect(await compare(tenant)).toContainEqual(['mq_messages', 'hour', 'stripe_lag', null, 0n, null]);
  });

  it('finds a Stripe invoice that does not say what was confirmed', async () => {
    const { test, compare, use } = await opened();
    const tenant = await test.tenant();
    await use(tenant, october + 10 * dayMs, 3_000_000n);
    await test.moveTo(november);
    await test.pushAll();
    const [draft] = await test.invoices(tenant.customer);
    await test.billing.claim.take(draft!);
    expect(await compare(tenant)).toEqual([]);
    await test.doubled.stripe.billing.meterEvents.create({ event_name: 'mq_messages', identifier: 'somebody', timestamp: (october + 10 * dayMs) / 1_000 + 60, payload: { stripe_customer_id: tenant.customer, value: '3000001' } });
    expect(await compare(tenant)).toEqual([['mq_messages', 'period', 'stripe_invoice', 3_000_000n, null, 3_000_001n], ['mq_messages', 'hour', 'overwritten', 3_000_000n, 3_000_001n, null]]);
  });

  it('a refused push is a row and an alert until a person sends it again, which the history says; a deleted customer keeps it waiting', async () => {
    const { test, compare, parked, events, use } = await opened();
    const tenant = await test.tenant();
    await use(tenant, october, 5n);
    await use(tenant, october, 8n, 'mq_kib_in');
    test.clock.advance(2 * hourMs);
    await test.push();
    await test.doubled.control('clock/advance', { toMs: october + 2 * hourMs });
    expect(await compare(tenant)).toEqual([['mq_messages', 'hour', 'parked', null, 0n, null], ['mq_kib_in', 'hour', 'parked', null, 0n, null]]);
    expect(await test.alerts()).toEqual(['meter_push_parked', 'meter_push_parked']);
    expect(await parked.sendAgain(finance, tenant.tenantId, 'the clock was set right')).toBe(2);
    expect(await test.alerts()).toEqual([]);
    test.clock.advance(1_000);
    expect(await parked.sendAgain(finance, tenant.tenantId, 'once more')).toBe(0);
    await test.pushAll();
    expect(await test.billed(tenant.customer)).toBe(5n);
    expect(await compare(tenant)).toEqual([]);
    expect(await events.list({ subject: tenant.tenantId }, undefined, 10)).toMatchObject([
      { action: 'pushes.sent_again', actor: 'usr_finance', after: { count: 0 } }, { action: 'pushes.sent_again', actor: 'usr_finance', after: { count: 2, reason: 'the clock was set right' } },
    ]);
    await test.billing.accounts.setStatus(tenant.tenantId, 'deleted', null);
    await expect(parked.sendAgain(finance, tenant.tenantId, 'in vain')).rejects.toMatchObject({ code: 'stripe_customer_deleted' });
    expect((await compare(tenant)).map(([, , cause]) => cause)).toEqual(['overwritten', 'overwritten']);
  });
});
