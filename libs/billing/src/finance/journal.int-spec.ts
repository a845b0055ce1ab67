import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { periodAt } from '../invoices/period.js';
import { BillingUnderTest } from '../testing/billing-under-test.js';
import { journalOf, writeJournal } from './journal.js';
import { JournalStore } from './journal.store.js';

const january = periodAt(Date.UTC(2026, 0, 1));
const invoices = 300;
const rowsPerPage = 40;
/** Of one invoice. */
const lines = 3;

describe('the journal of many invoices', () => {
  let it_: BillingUnderTest;
  beforeAll(async () => {
    it_ = await BillingUnderTest.start(january.endMs);
    await it_.fresh.query(`
      INSERT INTO invoices (tenant_id, id, number, state, period_start, period_end, plan, price_book_id, currency, subtotal_cents, credit_cents, total_cents, settled_cents, evidence, computed_at)
      SELECT 'tnt_' || n, 'inv_' || n, 'WB-2026-' || lpad(n::text, 6, '0'), 'draft', '2026-01-01Z'::timestamptz, '2026-02-01Z', 'payg', 'pb_list1', 'USD', 300, 0, 300, 0, decode(repeat('00', 32), 'hex'), '2026-02-01Z'
      FROM generate_series(1, ${invoices}) n;
      INSERT INTO invoice_lines (tenant_id, invoice_id, id, position, kind, dimension, description, quantity, free_quantity, billed_quantity, unit, unit_price, tiers, amount_e12, amount_cents)
      SELECT 'tnt_' || n, 'inv_' || n, 'inl_' || l, l, 'usage', 'mq_' || l, 'test', 1, 0, 1, 'unit', '100', '[]', 100000000000000, 100 FROM generate_series(1, ${invoices}) n, generate_series(1, ${lines}) l;
      UPDATE invoices SET state = 'finalized', finalized_at = '2026-02-01Z', due_at = '2026-02-15Z'`);
  });
  afterAll(() => it_?.stop());

  it('is read a page at a time, each document whole, and none of what is paid meanwhile is in it', async () => {
    const store = new JournalStore(it_.fresh.database, rowsPerPage);
    let [inHand, most, pages, debit, credit] = [0, 0, 0, 0n, 0n];
    await store.pages(january, async (facts) => {
      inHand += Object.values(facts).reduce((sum, rows) => sum + rows.length, 0);
      most = Math.max(most, inHand);
      pages += 1;
      if (pages === 1) await it_.fresh.query(`INSERT INTO payments (tenant_id, id, invoice_id, amount_cents, method, reference, received_at, recorded_by) VALUES ('tnt_1', 'pay_late', 'inv_1', 300, 'bank_transfer', 'SEPA-1', '2026-01-20Z', 'test')`);
      const booked = journalOf(facts);
      debit += booked.reduce((sum, { debitCents }) => sum + debitCents, 0n);
      credit += booked.reduce((sum, { creditCents }) => sum + creditCents, 0n);
      inHand = 0;
    });
    expect(pages).toBeGreaterThan((invoices * lines) / rowsPerPage - 1);
    expect(most).toBeLessThanOrEqual(rowsPerPage + lines);
    expect([debit, credit]).toEqual([BigInt(invoices) * 300n, BigInt(invoices) * 300n]);
    let csv = '';
    await writeJournal(store, january, async (text) => void (csv += text));
    expect(csv.trim().split('\r\n')).toHaveLength(1 + invoices * (lines + 1) + 2);
  });
});
