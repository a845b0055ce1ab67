import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@waybill/kernel';
import type { TenantId } from '@waybill/kernel';
import { newHome } from '@waybill/testing';
import type { Home } from '@waybill/testing';
import { periodAt } from '../invoices/period.js';
import { BillingUnderTest } from '../testing/billing-under-test.js';
import { CountsStore } from './counts.store.js';
import { ReconciliationReport } from './reconciliation-report.js';
import { ReconciliationStore } from './reconciliation.store.js';

const hour = 3_600_000;
const october = Date.UTC(2026, 9, 1);
const november = Date.UTC(2026, 10, 1);
const period = periodAt(october);

describe('the reconciliation report on its database', () => {
  let at: BillingUnderTest;
  let home: Home;
  beforeAll(async () => {
    at = await BillingUnderTest.start(november + 6 * hour);
    home = await at.newHome();
    await at.use(home.namespaceId, [0, 1, 2].map((index) => ({ atMs: october + index * hour, dimension: 'mq_messages' as const, quantity: 1_000n })));
    await at.use(home.namespaceId, [{ atMs: october, dimension: 'mq_queue_minutes', quantity: 60n }]);
  });
  afterAll(() => at?.stop());

  const compare = async (of: Home = home) => (await at.billing.reconciliation.compare(of.caller.tenantId, period)).differences.map(({ meter, atMs, cause }) => `${meter} ${(atMs - october) / hour} ${cause}`);
  const evidence = (index: number, units: object | null) =>
    at.fresh.query(`INSERT INTO usage_evidence (tenant_id, namespace_id, hour, kept, messages, bytes, sha256, units) VALUES ('${home.caller.tenantId}', '${home.namespaceId}',
      '${new Date(october + index * hour).toISOString()}', 'messages', 0, 0, '\\x00', ${units === null ? 'NULL' : `'${JSON.stringify(units)}'`})`);

  it('agrees where no log was kept, and says when it looked', async () => {
    expect(await at.billing.reconciliation.last(period)).toEqual({ state: { tenants: 0, checkedAtMs: null, failed: [] }, rows: [] });
    expect(await compare()).toEqual([]);
    expect((await at.billing.reconciliation.last(period)).state).toEqual({ tenants: 1, checkedAtMs: november + 6 * hour, failed: [] });
  });

  it('finds units that the log has and the ledger has not, in the one hour they are missing in', async () => {
    await evidence(0, { mq_messages: '1000' });
    await evidence(1, { mq_messages: '1007', mq_queue_passes: '3' });
    await evidence(2, null);
    expect(await compare()).toEqual(['mq_messages 1 lost_counter', 'mq_queue_passes 1 lost_counter']);
    expect((await at.billing.reconciliation.last(period)).rows).toMatchObject([{ meter: 'mq_messages', log: 1_007n, ledger: 1_000n, pushed: null, summary: null, invoice: null }, { meter: 'mq_queue_passes', ledger: 0n, log: 3n }]);
  });

  it('explains them once they were booked late, and keeps no row of the report before', async () => {
    await at.seal(home, november);
    await at.use(home.namespaceId, [{ atMs: october + hour, dimension: 'mq_messages', quantity: 7n }, { atMs: october + hour, dimension: 'mq_queue_passes', quantity: 3n }]);
    expect(await compare()).toEqual(['mq_messages 1 late', 'mq_queue_passes 1 late']);
    expect((await at.billing.reconciliation.last(period)).rows).toHaveLength(2);
  });

  it('finds a record that is not the sum of its entries, and an invoice that is not the ledger', async () => {
    await at.billing.close.run(period);
    await at.fresh.query(`ALTER TABLE usage_records DISABLE TRIGGER ALL; UPDATE usage_records SET quantity = quantity + 5 WHERE tenant_id = '${home.caller.tenantId}' AND dimension = 'mq_queue_minutes'; ALTER TABLE usage_records ENABLE TRIGGER ALL`);
    expect(await compare()).toEqual(['mq_queue_minutes 0 ledger_changed', 'mq_queue_minutes 0 invoice', 'mq_messages 1 late', 'mq_queue_passes 1 late']);
  });

  it('walks every tenant; one that Stripe cannot be asked for is noted with the reason, and the others are compared', async () => {
    const other = await newHome(at.fresh.database);
    const { database } = at.fresh;
    const report = new ReconciliationReport(
      {
        counts: new CountsStore(database), reports: new ReconciliationStore(database), tenants: at.billing.tenants, contracts: at.billing.contracts, ledger: at.billing.ledger, alerts: { raise: async () => undefined, clear: async () => undefined },
        stripe: { read: (tenantId: TenantId) => (tenantId === other.caller.tenantId ? Promise.reject(new Error('Stripe is away')) : Promise.resolve(null)) },
      },
      at.clock, silentLogger,
    );
    expect(await report.run(period)).toEqual({ tenants: 2, differences: 4, failed: 1 });
    expect((await report.last(period)).state.failed).toEqual([{ tenantId: other.caller.tenantId, failure: 'Stripe is away' }]);
    expect(await at.billing.reconciliation.run(period)).toMatchObject({ tenants: 2, failed: 0 });
    expect((await report.last(period)).state.failed).toEqual([]);
  });

  it('shows a tenant nothing of another one', async () => {
    const seen = await at.fresh.database.withTenant('tnt_nobody', async (tx) => [await tx.reconciliationRow.count(), await tx.reconciliationCheck.count()]);
    expect(seen).toEqual([0, 0]);
  });
});
