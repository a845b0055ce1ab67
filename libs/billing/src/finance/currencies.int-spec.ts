import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PriceBookId } from '@waybill/kernel';
import type { Home } from '@waybill/testing';
import { nextPeriod, periodAt } from '../invoices/period.js';
import { BillingUnderTest } from '../testing/billing-under-test.js';
import { writeJournal } from './journal.js';

const january = periodAt(Date.UTC(2026, 0, 1));
const february = nextPeriod(january);
const hourMs = 3_600_000;
const terms = { paymentTermsDays: 14, purchaseOrder: null };

/** 40 cents a million above the first, in three currencies: $1.20, €1.60 and ¥200. */
describe('tenants in dollars, euros and yen', () => {
  let it_: BillingUnderTest;
  const homes: Record<string, Home> = {};
  beforeAll(async () => {
    it_ = await BillingUnderTest.start(january.startMs + 10 * hourMs);
    const { billing } = it_;
    const list = await billing.books.newest('list');
    for (const [currency, millions] of [['USD', 4n], ['EUR', 5n], ['JPY', 6n]] as const) {
      const home = (homes[currency] = await it_.newHome());
      await it_.fresh.query(`UPDATE tenants SET created_at = '2026-01-01Z' WHERE id = '${home.caller.tenantId}'`);
      if (currency !== 'USD') {
        const priceBookId = `pb_${currency.toLowerCase()}1` as PriceBookId;
        await billing.books.publish({ ...list, id: priceBookId, name: `list-${currency.toLowerCase()}`, version: 1, currency }, 0);
        await billing.contracts.set(home.caller, 'enterprise', { ...terms, priceBookId });
      }
      for (const month of [january, february]) await it_.use(home.namespaceId, [{ atMs: month.startMs + hourMs, dimension: 'mq_messages', quantity: millions * 1_000_000n }]);
      await it_.seal(home, january.endMs);
    }
    it_.clock.advance(january.endMs + 2 * hourMs - it_.clock.nowMs());
    expect(await billing.close.run(january)).toMatchObject({ finalized: 3, failed: 0 });
  });
  afterAll(() => it_?.stop());

  it('have invoices in their own currency from the first month that was open on', async () => {
    for (const [currency, cents] of [['USD', 120n], ['EUR', 160n], ['JPY', 200n]] as const) {
      expect(await it_.billing.invoices.ofPeriod(homes[currency]!.caller, january)).toMatchObject({ currency, totalCents: cents, state: 'finalized' });
    }
  });

  it('are never added: every sum is a row a currency', async () => {
    const { reports, unbilled, invoices } = it_.billing;
    expect((await reports.money(january, it_.clock.nowMs())).map(({ currency, invoicedCents, openCents, draftCents }) => [currency, invoicedCents, openCents, draftCents])).toEqual([['EUR', 160n, 160n, 0n], ['JPY', 200n, 200n, 0n], ['USD', 120n, 120n, 0n]]);
    expect(await unbilled.totals()).toEqual([{ currency: 'EUR', amountCents: 160n }, { currency: 'JPY', amountCents: 200n }, { currency: 'USD', amountCents: 120n }]);
    expect(await invoices.totals({ period: january })).toEqual([['EUR', 160n], ['JPY', 200n], ['USD', 120n]].map(([currency, cents]) => ({ currency, count: 1, totalCents: cents, dueCents: cents })));
    for (const by of ['tenant', 'plan', 'dimension'] as const) {
      const rows = (await reports.revenue(february, january, by)).filter(({ previousCents }) => previousCents !== 0n);
      expect(rows.map(({ currency, previousCents, amountCents }) => [currency, previousCents, amountCents])).toEqual([['EUR', 160n, 0n], ['JPY', 200n, 0n], ['USD', 120n, 0n]]);
    }
    expect([...new Map((await reports.revenue(january, january, 'plan')).map(({ currency, totalCents }) => [currency, totalCents]))]).toEqual([['EUR', 160n], ['JPY', 200n], ['USD', 120n]]);
  });

  it('balance in the journal, each currency in its own decimals', async () => {
    const lines = await it_.journal(january);
    for (const [, ofCurrency] of Map.groupBy(lines, ({ currency }) => currency)) expect(ofCurrency.reduce((sum, { debitCents, creditCents }) => sum + debitCents - creditCents, 0n)).toBe(0n);
    let csv = '';
    await writeJournal(it_.billing.journal, january, async (text) => void (csv += text));
    const rows = csv.split('\r\n').filter((row) => row.includes('1200 Receivables')).map((row) => row.split(',').slice(4));
    expect(rows.sort()).toEqual([['1.20', '', 'USD'], ['1.60', '', 'EUR'], ['200', '', 'JPY']]);
  });

  it('keep it: no plan, grant or subscription in another follows', async () => {
    const { billing, clock } = it_;
    const mismatch = { code: 'currency_mismatch' };
    await expect(billing.contracts.set(homes['EUR']!.caller, 'enterprise', { ...terms, priceBookId: 'pb_jpy1' })).rejects.toMatchObject(mismatch);
    await expect(billing.contracts.change(homes['JPY']!.caller, 'team')).rejects.toMatchObject(mismatch);
    // On the default plan the first invoice that came to something fixed it.
    await expect(billing.contracts.set(homes['USD']!.caller, 'enterprise', { ...terms, priceBookId: 'pb_eur1' })).rejects.toMatchObject(mismatch);
    const credit = { id: 'cg_other', currency: 'USD', amountCents: 5n, remainingCents: 5n, priority: 50, source: 'goodwill' as const, reason: 'test', expiresAtMs: null, createdAtMs: clock.nowMs() };
    await expect(billing.creditStore.grant(homes['JPY']!.caller, credit)).rejects.toMatchObject(mismatch);
    expect(await billing.creditStore.grants(homes['JPY']!.caller)).toEqual([]);
  });

  it('get one of two currencies that are agreed at once, never both', async () => {
    const home = await it_.newHome();
    const asked = await Promise.allSettled(['pb_eur1', 'pb_jpy1'].map((priceBookId) => it_.billing.contracts.set(home.caller, 'enterprise', { ...terms, priceBookId })));
    expect(asked.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const { book } = await it_.billing.contracts.of(home.caller, february);
    expect(await it_.fresh.query(`SELECT currency FROM billing_profiles WHERE tenant_id = '${home.caller.tenantId}'`)).toMatchObject([{ currency: book.currency }]);
  });
});
