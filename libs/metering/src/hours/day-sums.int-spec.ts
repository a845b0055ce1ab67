import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@waybill/kernel';
import type { FreshDatabase, Home } from '@waybill/testing';
import { freshDatabase, newHome } from '@waybill/testing';
import { LedgerStore } from '../ledger.store.js';
import type { HourRange } from '../ledger.store.js';
import { batchOf } from '../usage-batch.js';
import { HourLedgerStore } from './hour-ledger.store.js';

const hourMs = 3_600_000;
const [july, august, september] = [Date.UTC(2026, 6, 1), Date.UTC(2026, 7, 1), Date.UTC(2026, 8, 1)];
const dayMs = 24 * hourMs;

describe('the sums by month', () => {
  let fresh: FreshDatabase;
  let home: Home;
  let reader: HourLedgerStore;

  beforeAll(async () => {
    fresh = await freshDatabase();
    home = await newHome(fresh.database);
    reader = new HourLedgerStore(fresh.database);
    const ledger = new LedgerStore(fresh.database);
    // The last hour of a month, the first of the next, and once more what is there.
    for (const [atMs, delta] of [[august - hourMs, 1n], [august, 10n], [august, 100n], [september - hourMs, 1_000n], [september, 10_000n]] as const) {
      const entries = ['x_a', 'x_b'].map((resourceId) => ({ hour: atMs / hourMs, dimension: 'mq_messages' as const, cause: 'publish', resourceId, delta }));
      await ledger.book(home.namespaceId, newId('usageBatch'), batchOf(atMs + hourMs, entries));
    }
  });
  afterAll(() => fresh?.drop());

  async function totals(range: HourRange): Promise<bigint[]> {
    const found: bigint[] = [];
    for await (const page of reader.totals(home.caller, range)) found.push(...page.map(({ quantity }) => quantity));
    return found;
  }

  it.each([
    ['a month', { fromMs: august, toMs: september }, 1_110n],
    ['two months', { fromMs: july, toMs: september }, 1_111n],
    ['a month but its last day', { fromMs: august, toMs: september - dayMs }, 110n],
    ['a month and the day before', { fromMs: august - dayMs, toMs: september }, 1_111n],
  ])('6 (sums): %s has what its days have, no hour of its neighbours', async (_name, range, each) => {
    expect(await totals(range)).toEqual([each, each]);
  });

  it('are read where whole months are asked for, and days nowhere then', async () => {
    await fresh.query(`ALTER TABLE usage_days DISABLE TRIGGER USER; UPDATE usage_days SET quantity = 7 WHERE tenant_id = '${home.caller.tenantId}'; ALTER TABLE usage_days ENABLE TRIGGER USER`);
    expect(await totals({ fromMs: august, toMs: september })).toEqual([1_110n, 1_110n]);
    expect(await totals({ fromMs: august, toMs: august + dayMs })).toEqual([7n, 7n]);
  });

  it('follow their days whoever changes them', async () => {
    const [{ quantity: before } = {}] = await fresh.query(`SELECT sum(quantity) AS quantity FROM usage_months`);
    await fresh.query(`UPDATE usage_days SET quantity = quantity + 5 WHERE resource_id = 'x_a' AND day >= '2026-08-01' AND day < '2026-09-01'`);
    const [{ quantity: after } = {}] = await fresh.query(`SELECT sum(quantity) AS quantity FROM usage_months`);
    expect(Number(after) - Number(before)).toBe(10);
  });
});
