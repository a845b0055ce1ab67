import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WaybillError } from '@waybill/kernel';
import type { Home } from '@waybill/testing';
import { BillingUnderTest } from '../testing/billing-under-test.js';
import type { Used } from '../testing/billing-under-test.js';
import { periodAt } from './period.js';

const january = periodAt(Date.UTC(2026, 0, 1));
const hourMs = 3_600_000;

/** billing.md §5, over thirty days of January. */
const golden: readonly Used[] = ([
  ['mq_messages', 10_000_000n], ['mq_kib_in', 20_000_000n], ['mq_exchange_passes', 10_000_000n], ['mq_queue_passes', 15_000_000n], ['mq_kib_out', 30_000_000n], ['mq_push_attempts', 500_000n],
  ['mq_queue_minutes', 1_296_000n], ['mq_exchange_minutes', 216_000n], ['mq_archive_mib_hours', 14_745_600n], ['mq_message_units', 10_000_000n],
] as const).flatMap(([dimension, quantity]) =>
  Array.from({ length: 10 }, (_, i) => ({ dimension, quantity: quantity / 10n, atMs: january.startMs + i * 70 * hourMs, resourceId: i % 3 === 0 ? 'q_orders' : `q_mail${i}` })),
);

describe('the close of a period', () => {
  let it_: BillingUnderTest;
  beforeAll(async () => {
    it_ = await BillingUnderTest.start(january.endMs + 2 * hourMs, { tenantsPerPage: 4 });
  });
  afterAll(() => it_?.stop());

  const close = () => it_.billing.close.run(january);
  const invoiceOf = ({ caller }: Home) => it_.billing.invoices.ofPeriod(caller, january);

  it('makes the golden invoice of $16.34, its lines and the shares beneath adding up', async () => {
    const home = await it_.newHome();
    await it_.use(home.namespaceId, golden);
    await it_.seal(home, january.endMs);
    expect(await close()).toMatchObject({ finalized: 1, failed: 0 });
    const invoice = (await invoiceOf(home))!;
    expect(invoice).toMatchObject({ state: 'finalized', totalCents: 1_634n, subtotalCents: 1_634n, currency: 'USD', number: expect.stringMatching(/^WB-2026-0{5}\d$/) });
    expect(invoice.lines.map(({ amountCents }) => amountCents)).toEqual([360n, 95n, 45n, 260n, 145n, 135n, 403n, 0n, 191n]);
    for (const line of invoice.lines) {
      const shares = await it_.billing.invoices.subLines(home.caller, invoice.id, line.id);
      expect(shares.length > 0 || line.quantity === 0n).toBe(true);
      expect(shares.reduce((sum, { amountE12 }) => sum + amountE12, 0n)).toBe(line.amountE12);
      expect(shares.reduce((sum, { quantity }) => sum + quantity, 0n)).toBe(line.quantity);
      expect(line.tiers.reduce((sum, { amountE12 }) => sum + amountE12, 0n)).toBe(line.amountE12);
    }
    expect(await close()).toMatchObject({ tenants: 0 });
  });

  it('waits for hours that are not sealed, and bills what came until then', async () => {
    const home = await it_.newHome();
    await it_.use(home.namespaceId, [{ atMs: january.startMs, dimension: 'mq_messages', quantity: 2_000_000n }]);
    expect(await close()).toMatchObject({ waiting: 1, finalized: 0 });
    expect(await invoiceOf(home)).toMatchObject({ state: 'draft', number: null, totalCents: 40n });
    await it_.use(home.namespaceId, [{ atMs: january.endMs - 1, dimension: 'mq_messages', quantity: 1_000_000n }]);
    await it_.seal(home, january.endMs);
    expect(await close()).toMatchObject({ waiting: 0, finalized: 1 });
    expect(await invoiceOf(home)).toMatchObject({ state: 'finalized', totalCents: 80n });
  });

  it('waits when the last hours are booked and sealed while it computes, and bills them the next time', async () => {
    const home = await it_.newHome();
    await it_.use(home.namespaceId, [{ atMs: january.startMs, dimension: 'mq_messages', quantity: 2_000_000n }]);
    const { composer } = it_.billing;
    const compose = composer.compose.bind(composer);
    composer.compose = async (caller, period) => {
      const composed = await compose(caller, period);
      await it_.use(home.namespaceId, [{ atMs: january.endMs - 1, dimension: 'mq_messages', quantity: 1_000_000n }]);
      await it_.seal(home, january.endMs);
      return composed;
    };
    expect(await close()).toMatchObject({ waiting: 1, finalized: 0 });
    composer.compose = compose;
    expect(await close()).toMatchObject({ waiting: 0, finalized: 1 });
    expect(await invoiceOf(home)).toMatchObject({ state: 'finalized', totalCents: 80n });
  });

  it('a meter without a price, or a currency that is not the contract’s, makes no invoice: an alert with the code, until it is set right', async () => {
    const [home, paying] = [await it_.newHome(), await it_.newHome()];
    for (const { namespaceId } of [home, paying]) await it_.use(namespaceId, [{ atMs: january.startMs, dimension: 'mq_messages', quantity: 1_100_000n }]);
    for (const each of [home, paying]) await it_.seal(each, january.endMs);
    const open = async () => (await it_.billing.alerts.open()).map(({ code, tenantId, detail }) => ({ code, tenantId, detail }));
    const { composer } = it_.billing;
    const compose = composer.compose.bind(composer);
    for (const code of ['price_unknown', 'currency_mismatch'] as const) {
      composer.compose = async (caller, period) => (caller.tenantId === home.caller.tenantId ? Promise.reject(new WaybillError(code, code === 'price_unknown' ? { priceBook: 'pb_x', dimension: 'mq_gold' } : { expected: 'USD', found: 'EUR' })) : compose(caller, period));
      expect(await close()).toMatchObject({ failed: 1 });
      expect([await invoiceOf(home), await open()]).toMatchObject([null, [{ code: 'invoice_close_failed', tenantId: home.caller.tenantId, detail: expect.stringContaining(`${code}: `) }]]);
    }
    expect(await invoiceOf(paying)).toMatchObject({ state: 'finalized' });
    composer.compose = compose;
    expect(await close()).toMatchObject({ failed: 0 });
    expect([await invoiceOf(home), await open()]).toMatchObject([{ state: 'finalized' }, []]);
  });

  it('row 29: bills every tenant over three pages', async () => {
    const homes: Home[] = [];
    for (let i = 0; i < 10; i += 1) homes.push(await it_.newHome());
    for (const home of homes) await it_.use(home.namespaceId, [{ atMs: january.startMs, dimension: 'mq_messages', quantity: 1_100_000n }]);
    for (const home of homes) await it_.seal(home, january.endMs);
    expect(await close()).toMatchObject({ tenants: 10, finalized: 10, failed: 0 });
    const numbers = await it_.fresh.query('SELECT number FROM invoices WHERE number IS NOT NULL ORDER BY number');
    expect(numbers.map(({ number }) => number)).toEqual(numbers.map((_, i) => `WB-2026-${String(i + 1).padStart(6, '0')}`));
    expect(await it_.fresh.query('SELECT count(*)::int AS n FROM tenants t WHERE NOT EXISTS (SELECT FROM invoices i WHERE i.tenant_id = t.id)')).toEqual([{ n: 0 }]);
  });

  it('row 28: refuses every change afterwards, and books late usage as a line of the next period', async () => {
    const home = await it_.newHome();
    await it_.use(home.namespaceId, [{ atMs: january.startMs, dimension: 'mq_messages', quantity: 1_500_000n }]);
    await it_.seal(home, january.endMs);
    await close();
    const invoice = (await invoiceOf(home))!;
    const of = `tenant_id = '${home.caller.tenantId}'`;
    for (const statement of [
      `UPDATE invoices SET total_cents = 1 WHERE ${of}`, `UPDATE invoices SET state = 'draft' WHERE ${of}`, `DELETE FROM invoices WHERE ${of}`, `UPDATE invoice_lines SET amount_cents = 1 WHERE ${of}`,
      `DELETE FROM invoice_lines WHERE ${of}`, `UPDATE invoice_sub_lines SET quantity = 1 WHERE ${of}`, `UPDATE billing_periods SET state = 'open' WHERE ${of}`, `DELETE FROM billing_periods WHERE ${of}`,
    ]) {
      await expect(it_.fresh.query(statement)).rejects.toThrow(/invoice_final|period_closed/);
    }
    await expect(it_.fresh.query(`UPDATE usage_records SET quantity = 1 WHERE ${of}`)).rejects.toThrow('sealed');

    await it_.use(home.namespaceId, [{ atMs: january.startMs, dimension: 'mq_messages', quantity: 1_000_000n }]);
    expect(await invoiceOf(home)).toEqual(invoice);
    const running = periodAt(Date.now());
    const next = await it_.billing.composer.compose(home.caller, running);
    const late = next.lines.filter(({ kind }) => kind === 'adjustment');
    // 40 cents a million, above the free million that January had used up.
    expect(late).toMatchObject([{ quantity: 1_000_000n, freeQuantity: 0n, amountCents: 40n, reference: { hourMs: january.startMs } }]);
    expect(late[0]!.description).toContain('2026-01-01T00:00 UTC');
  });

  it('takes no number for a month without fee and usage, and leaves no draft of it', async () => {
    const home = await it_.newHome();
    expect(await close()).toMatchObject({ waiting: 1 });
    await it_.seal(home, january.endMs);
    expect(await close()).toMatchObject({ empty: 1, finalized: 0 });
    expect(await invoiceOf(home)).toBeNull();
    expect(await close()).toMatchObject({ tenants: 0 });
  });

  it('never changes a published price book, whoever tries', async () => {
    for (const statement of ["UPDATE prices SET tiers = '[]' WHERE price_book_id = 'pb_list1'", "DELETE FROM prices WHERE price_book_id = 'pb_list1'", "UPDATE price_books SET terms = '{}' WHERE id = 'pb_list1'", "DELETE FROM price_books WHERE id = 'pb_list1'", "INSERT INTO prices VALUES ('pb_list1', 'mq_new', '', 'flat', '[]')"]) {
      await expect(it_.fresh.query(statement)).rejects.toThrow('price_book_published');
    }
    const list = await it_.billing.books.newest('list');
    await expect(it_.billing.books.publish({ ...list, terms: { ...list.terms, baseFeeCents: 1n } }, 0)).rejects.toMatchObject({ code: 'price_book_published' });
    await expect(it_.billing.books.publish(list, 0)).resolves.toBeUndefined();
  });
});
