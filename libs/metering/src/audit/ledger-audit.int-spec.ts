import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '@waybill/kernel';
import type { FreshDatabase, Home } from '@waybill/testing';
import { freshDatabase, newHome } from '@waybill/testing';
import { SealStore } from '../hours/seal.store.js';
import { LedgerStore } from '../ledger.store.js';
import { batchOf } from '../usage-batch.js';
import { LedgerAudit } from './ledger-audit.store.js';

const dayMs = 86_400_000;
const day = Date.UTC(2026, 7, 3);
const hour = day / 3_600_000 + 5;

describe('the nightly check of the ledger', () => {
  let fresh: FreshDatabase;
  let home: Home;
  let audit: LedgerAudit;

  beforeAll(async () => {
    fresh = await freshDatabase();
    audit = new LedgerAudit(fresh.database);
  });
  afterAll(() => fresh?.drop());
  beforeEach(async () => {
    home = await newHome(fresh.database);
    const ledger = new LedgerStore(fresh.database);
    for (const delta of [3n, 4n]) {
      const entries = ['x_a', 'x_b'].map((resourceId) => ({ hour, dimension: 'mq_messages' as const, cause: 'publish', resourceId, delta }));
      await ledger.book(home.namespaceId, newId('usageBatch'), batchOf((hour + 1) * 3_600_000, entries));
    }
    await new SealStore(fresh.database).seal({ tenantId: home.caller.tenantId, namespaceId: home.namespaceId }, (hour + 2) * 3_600_000, 'watermark');
  });

  const breaches = async () => {
    const found = await audit.breaches({ tenantId: home.caller.tenantId, namespaceId: home.namespaceId, fromMs: day, toMs: day + dayMs });
    return found.map(({ invariant }) => invariant);
  };
  /** As somebody with the rights of the owner who goes around the program. */
  const tamper = (sql: string) => fresh.query(`ALTER TABLE usage_records DISABLE TRIGGER USER; ${sql} WHERE namespace_id = '${home.namespaceId}'; ALTER TABLE usage_records ENABLE TRIGGER USER`);

  it('finds nothing in a ledger that only the program wrote', async () => {
    expect(await breaches()).toEqual([]);
    expect((await audit.namespaces('', 1_000)).map(({ namespaceId }) => namespaceId)).toContain(home.namespaceId);
  });

  it.each([
    ['a changed record', 'UPDATE usage_records SET quantity = quantity + 1', ['record_is_sum_of_entries', 'record_is_sum_of_entries', 'day_is_sum_of_hours', 'day_is_sum_of_hours', 'sealed_hour_unchanged']],
    ['a missing record', 'DELETE FROM usage_records', ['record_is_sum_of_entries', 'record_is_sum_of_entries', 'day_is_sum_of_hours', 'day_is_sum_of_hours', 'sealed_hour_unchanged']],
    ['a changed day', 'UPDATE usage_days SET quantity = 1', ['day_is_sum_of_hours', 'day_is_sum_of_hours', 'namespace_day_is_sum_of_days']],
    ['a changed month', 'UPDATE usage_months SET quantity = 1', ['month_is_sum_of_days', 'month_is_sum_of_days']],
    ['a missing month', 'DELETE FROM usage_months', ['month_is_sum_of_days', 'month_is_sum_of_days']],
    ['a changed sum of a namespace', 'UPDATE usage_namespace_days SET quantity = 1', ['namespace_day_is_sum_of_days']],
    ['a missing entry', 'DELETE FROM usage_entries', ['record_is_sum_of_entries', 'record_is_sum_of_entries']],
    ['a lost note of a sealed hour', 'DELETE FROM usage_hours', ['sealed_hour_unchanged']],
  ])('finds %s', async (_name, sql, expected) => {
    await tamper(sql);
    expect(await breaches()).toEqual(expected);
  });

  it('finds an entry whose batch is another namespace\'s', async () => {
    const other = await newHome(fresh.database);
    await fresh.query(`UPDATE usage_batches SET namespace_id = '${other.namespaceId}', tenant_id = '${other.caller.tenantId}' WHERE namespace_id = '${home.namespaceId}'`);
    expect(await breaches()).toEqual(['entry_has_batch', 'entry_has_batch']);
  });
});
