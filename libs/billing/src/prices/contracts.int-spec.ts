import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PriceBookId } from '@waybill/kernel';
import { nextPeriod, periodAt } from '../invoices/period.js';
import type { Invoice } from '../invoices/invoice.js';
import { BillingUnderTest } from '../testing/billing-under-test.js';

const january = periodAt(Date.UTC(2026, 0, 1));
const february = nextPeriod(january);
const march = nextPeriod(february);
const hourMs = 3_600_000;

describe('a contract', () => {
  let it_: BillingUnderTest;
  beforeAll(async () => {
    it_ = await BillingUnderTest.start(january.startMs + 10 * hourMs);
  });
  afterAll(() => it_?.stop());

  it('row 26: changed, cancelled inside an hour and taken up again bills every hour once, at one price, and drops nothing', async () => {
    const home = await it_.newHome();
    const { billing, clock } = it_;
    const hours: { atMs: number; quantity: bigint }[] = [];
    const use = async (atMs: number, quantity: bigint) => {
      hours.push({ atMs, quantity });
      await it_.use(home.namespaceId, [{ atMs, dimension: 'mq_messages', quantity }]);
    };
    await use(january.startMs + 5 * hourMs, 3_000_000n);
    await billing.contracts.change(home.caller, 'team');
    // Cancelled at half past an hour in which messages came before and after, and taken up again an hour later.
    await billing.contracts.change(home.caller, 'payg');
    clock.advance(30 * 60_000);
    await use(clock.nowMs(), 1_000_000n);
    await billing.contracts.change(home.caller, 'free');
    await use(clock.nowMs() + 60_000, 1_000_000n);
    clock.advance(hourMs);
    await billing.contracts.change(home.caller, 'team');
    await use(february.startMs + hourMs, 5_000_000n);
    await use(march.startMs + hourMs, 2_000_000n);
    clock.advance(february.startMs + hourMs - clock.nowMs());
    await billing.contracts.change(home.caller, 'payg');
    clock.advance(nextPeriod(march).startMs - clock.nowMs());
    await it_.seal(home, nextPeriod(march).startMs);
    const invoices: Invoice[] = [];
    for (const month of [january, february, march]) {
      await billing.close.run(month);
      invoices.push((await billing.invoices.ofPeriod(home.caller, month))!);
    }
    expect(invoices.map(({ plan, priceBookId, totalCents }) => [plan, priceBookId, totalCents])).toEqual([['payg', 'pb_list1', 160n], ['team', 'pb_team1', 4_900n], ['payg', 'pb_list1', 40n]]);
    const billed = invoices.flatMap(({ lines }) => lines.filter(({ dimension }) => dimension === 'mq_messages').map(({ quantity }) => quantity));
    expect(billed.reduce((sum, quantity) => sum + quantity, 0n)).toBe(hours.reduce((sum, { quantity }) => sum + quantity, 0n));
  });

  it('row 23: without usage costs the base fee, or the minimum as a line of its own', async () => {
    const home = await it_.newHome();
    const month = periodAt(it_.clock.nowMs());
    for (const [plan, cents, kinds] of [['payg', 0n, []], ['team', 4_900n, ['base']], ['flat', 18_000n, ['base']], ['committed', 100_000n, ['minimum']]] as const) {
      await it_.billing.contracts.set(home.caller, plan, { paymentTermsDays: 30, purchaseOrder: null });
      const composed = await it_.billing.composer.compose(home.caller, plan === 'payg' ? month : nextPeriod(month));
      expect([composed.subtotalCents, composed.lines.filter(({ amountCents }) => amountCents !== 0n).map(({ kind }) => kind)]).toEqual([cents, kinds]);
    }
  });

  it('keeps its version of the prices when a new one is published, and takes it with the next period', async () => {
    const home = await it_.newHome();
    const { billing, clock } = it_;
    clock.advance(hourMs);
    const month = periodAt(clock.nowMs());
    const list = await billing.books.newest('list');
    await billing.books.publish({ ...list, id: 'pb_list2' as PriceBookId, version: 2, terms: { ...list.terms, baseFeeCents: 100n } }, clock.nowMs());
    expect((await billing.contracts.of(home.caller, month)).book.version).toBe(1);
    expect((await billing.contracts.of(home.caller, nextPeriod(month))).book.version).toBe(2);
  });

  it('is refused for plans that are made by contract, for more namespaces than a plan has, and in another currency', async () => {
    const home = await it_.newHome();
    const { billing } = it_;
    for (const name of ['b', 'c']) await it_.addNamespace(home, name);
    await expect(billing.contracts.change(home.caller, 'enterprise')).rejects.toMatchObject({ code: 'plan_not_self_service' });
    await expect(billing.contracts.change(home.caller, 'free')).rejects.toMatchObject({ code: 'plan_limit_exceeded' });
    await expect(billing.contracts.change(home.caller, 'nothing')).rejects.toMatchObject({ code: 'plan_not_found' });
    const list = await billing.books.newest('list');
    await billing.books.publish({ ...list, id: 'pb_euro1' as PriceBookId, name: 'euro', version: 1, currency: 'EUR' }, 0);
    await billing.contracts.change(home.caller, 'team');
    await expect(billing.contracts.set(home.caller, 'enterprise', { priceBookId: 'pb_euro1', paymentTermsDays: 30, purchaseOrder: 'PO-1' })).rejects.toMatchObject({ code: 'currency_mismatch' });
    await expect(billing.contracts.set(home.caller, 'enterprise', { priceBookId: 'pb_absent', paymentTermsDays: 30, purchaseOrder: null })).rejects.toMatchObject({ code: 'price_book_not_found' });
  });
});
