import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { nextPeriod, periodAt } from '../invoices/period.js';
import { BillingUnderTest } from '../testing/billing-under-test.js';
import type { RevenueBy } from './report.store.js';

const january = periodAt(Date.UTC(2026, 0, 1));

/** Lines of 1.00, 2.00 and 0.57 each: one invoice with 19 % in them, one with 19 % on top, one without tax. */
describe('revenue of invoices with tax', () => {
  let it_: BillingUnderTest;
  beforeAll(async () => {
    it_ = await BillingUnderTest.start(january.endMs);
    await it_.fresh.query(`
      INSERT INTO invoices (tenant_id, id, number, state, period_start, period_end, plan, price_book_id, currency, subtotal_cents, credit_cents, tax_cents, total_cents, settled_cents, evidence, computed_at)
      SELECT 'tnt_' || tax, 'inv_' || tax, 'WB-' || tax, 'draft', '2026-01-01Z'::timestamptz, '2026-02-01Z', tax, 'pb_list1', 'EUR', 307, 50, added, 307 + added, 0, decode(repeat('00', 32), 'hex'), '2026-02-01Z'
      FROM (VALUES ('within', 0), ('ontop', 58), ('none', 0)) given (tax, added);
      INSERT INTO invoice_lines (tenant_id, invoice_id, id, position, kind, dimension, description, quantity, free_quantity, billed_quantity, unit, unit_price, tiers, amount_e12, amount_cents)
      SELECT tenant_id, id, 'inl_' || n, n, kind, dimension, 'test', 1, 0, 1, 'unit', '1', '[]', cents * 1000000000000, cents
      FROM invoices, (VALUES (1, 'usage', 'mq_messages', 100), (2, 'usage', 'mq_kib_in', 200), (3, 'base', NULL, 57), (4, 'credit', NULL, -50)) lines (n, kind, dimension, cents);
      INSERT INTO invoice_taxes (tenant_id, invoice_id, position, name, jurisdiction, percent, inclusive, reason, taxable_cents, amount_cents)
      VALUES ('tnt_within', 'inv_within', 1, 'VAT', 'DE', '19', true, 'standard_rated', 258, 49), ('tnt_ontop', 'inv_ontop', 1, 'VAT', 'DE', '19', false, 'standard_rated', 307, 58);
      UPDATE invoices SET state = 'finalized', finalized_at = '2026-02-01Z', due_at = '2026-02-15Z'`);
  });
  afterAll(() => it_?.stop());

  const rows = async (by: RevenueBy) => (await it_.billing.reports.revenue(january, nextPeriod(january), by)).map(({ key, amountCents, taxCents }) => [key, amountCents, taxCents]);

  it('is without the tax, whether that is in the prices or on top of them, and the tax stands beside it', async () => {
    const byPlan = [['none', 357n, 0n], ['ontop', 357n, 58n], ['within', 308n, 49n]];
    expect(await rows('plan')).toEqual(byPlan);
    expect(await rows('tenant')).toEqual(byPlan.map(([plan, ...cents]) => [`tnt_${String(plan)}`, ...cents]));
  });

  it('adds up to the same of every dimension, tenant and plan, also as the month before', async () => {
    for (const by of ['tenant', 'dimension', 'plan'] as const) {
      const [now, later] = [await it_.billing.reports.revenue(january, nextPeriod(january), by), await it_.billing.reports.revenue(nextPeriod(january), january, by)];
      expect([...new Set(now.map(({ totalCents, totalTaxCents }) => `${totalCents} ${totalTaxCents}`))]).toEqual(['1022 107']);
      expect(now.reduce((sum, { amountCents, taxCents }) => sum + amountCents + taxCents, 0n)).toBe(1_129n);
      expect(later.map(({ key, amountCents, previousCents }) => [key, amountCents, previousCents])).toEqual(expect.arrayContaining(now.map(({ key, amountCents }) => [key, 0n, amountCents])));
    }
  });

  it('is what the journal books on the revenue account of each dimension', async () => {
    const journal = await it_.journal(january);
    const booked = (account: string) => journal.filter((line) => line.account === account).reduce((sum, { debitCents, creditCents }) => sum + creditCents - debitCents, 0n);
    for (const [dimension, cents] of await rows('dimension')) expect([dimension, booked(`4000 Revenue ${String(dimension)}`)]).toEqual([dimension, cents]);
    expect(booked('2200 Tax payable')).toBe(107n);
  });
});
