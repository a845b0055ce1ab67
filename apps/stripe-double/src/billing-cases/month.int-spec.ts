import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { periodAt } from '@waybill/billing';
import { freshDatabase, newHome } from '@waybill/testing';
import type { FreshDatabase } from '@waybill/testing';
import { installation } from '../testing/installation.js';
import { dayMs } from '../testing/with-double.js';

const october = Date.UTC(2026, 9, 1);
const november = Date.UTC(2026, 10, 1);
const december = Date.UTC(2026, 11, 1);

describe('months from the first card to the credit note', () => {
  let database: FreshDatabase;
  beforeEach(async () => {
    database = await freshDatabase();
  });
  afterEach(async () => {
    await database.drop();
  });

  it('use, close, pay, fail, dun, pay, credit: ledger = pushed = sums = invoice, and both sides agree to the cent', async () => {
    const at = await installation(database, { startMs: october + 10 * dayMs });
    const home = await newHome(database.database);
    await database.query(`UPDATE namespaces SET created_at = '2026-09-01Z'; UPDATE tenants SET created_at = '2026-09-01Z'`);

    // Used before the card was given: the same month, the same invoice.
    await at.use(home, october + 9 * dayMs, 'mq_messages', 4_000_000n);
    const { url } = await at.room.checkout.begin(home.caller);
    await at.control(`checkout/${url.split('/').at(-1)}`, { card: 'good' });
    await at.webhooks();
    await at.webhooks();
    expect(await at.room.accounts.find(home.caller.tenantId)).toMatchObject({ status: 'active', billedFromMs: october });
    await expect(at.room.checkout.begin(home.caller)).rejects.toMatchObject({ code: 'stripe_subscription_exists' });

    await at.use(home, october + 11 * dayMs, 'mq_messages', 6_000_000n);
    await at.use(home, october + 12 * dayMs, 'mq_kib_in', 20_000_000n);
    await at.moveTo(november + 1_800_000);
    await at.webhooks();
    expect(await at.billing.close.run(periodAt(october))).toMatchObject({ finalized: 0, waiting: 1 });
    await at.seal(home, november);
    await at.push();
    expect(await at.billing.close.run(periodAt(october))).toMatchObject({ finalized: 1, failed: 0 });
    await at.webhooks();
    const first = (await at.billing.invoices.ofPeriod(home.caller, periodAt(october)))!;
    expect(first).toMatchObject({ state: 'paid', totalCents: 455n, settledCents: 455n });

    // The next month fails, is dunned, and is paid in the end.
    const { customerId } = (await at.room.accounts.find(home.caller.tenantId))!;
    await at.control(`cards/${customerId}`, { card: 'declined' });
    await at.use(home, november + 5 * dayMs, 'mq_messages', 3_000_000n);
    await at.moveTo(december + 600_000);
    await at.webhooks();
    await at.seal(home, december);
    await at.push();
    expect(await at.billing.close.run(periodAt(november))).toMatchObject({ finalized: 1 });
    await at.webhooks();
    const second = (await at.billing.invoices.ofPeriod(home.caller, periodAt(november)))!;
    expect(second).toMatchObject({ state: 'finalized', totalCents: 80n });
    await at.moveTo(december + 22 * dayMs);
    expect(await at.billing.dunning.run()).toMatchObject({ began: 1 });
    await at.billing.desk.ask(home.caller, { action: 'credit_note', invoiceId: second.id, lineId: second.lines.find(({ amountCents }) => amountCents > 0n)!.id, amountCents: '30', reason: 'goodwill' });
    expect(await at.room.creditNotes.run()).toEqual({ mirrored: 1, failed: 0 });
    expect(await at.room.creditNotes.run()).toEqual({ mirrored: 0, failed: 0 });
    await at.control(`cards/${customerId}`, { card: 'good' });
    await at.room.stripe.invoices.pay(second.stripeInvoiceId!);
    await at.webhooks();
    expect(await at.billing.invoices.ofPeriod(home.caller, periodAt(november))).toMatchObject({ state: 'paid', settledCents: 80n });

    for (const month of [october, november]) {
      expect(await at.billing.reconciliation.compare(home.caller.tenantId, periodAt(month))).toMatchObject({ differences: [] });
    }
    expect(await at.room.alertStore.open()).toEqual([]);
  });

  it('money goes back through Stripe with its credit notes; a refund that a bank sends back becomes credit, with an alert', async () => {
    const at = await installation(database, { startMs: october + 10 * dayMs, seed: 2 });
    const home = await newHome(database.database);
    await database.query(`UPDATE namespaces SET created_at = '2026-09-01Z'; UPDATE tenants SET created_at = '2026-09-01Z'`);
    await at.use(home, october + 9 * dayMs, 'mq_messages', 11_000_000n);
    const { url } = await at.room.checkout.begin(home.caller);
    await at.control(`checkout/${url.split('/').at(-1)}`, { card: 'good' });
    await at.webhooks();
    await at.webhooks();
    await at.moveTo(november + 1_800_000);
    await at.webhooks();
    await at.seal(home, november);
    await at.push();
    expect(await at.billing.close.run(periodAt(october))).toMatchObject({ finalized: 1, failed: 0 });
    await at.webhooks();
    const invoice = (await at.billing.invoices.ofPeriod(home.caller, periodAt(october)))!;
    expect(invoice).toMatchObject({ state: 'paid', totalCents: 400n });

    const refund = (amountCents: string) => at.billing.desk.ask(home.caller, { action: 'refund', invoiceId: invoice.id, amountCents, reference: null, reason: 'asked for' });
    const papers = () => at.billing.papers.read(home.caller, invoice.id);
    await refund('150');
    expect((await papers()).refunds).toMatchObject([{ state: 'pending', reference: null, method: 'stripe' }]);
    // The note waits for its refund.
    expect(await at.room.creditNotes.run()).toEqual({ mirrored: 0, failed: 0 });
    expect(await at.room.refunds.run()).toEqual({ refunded: 1, refused: 0 });
    expect(await at.room.refunds.run()).toEqual({ refunded: 0, refused: 0 });
    expect(await at.room.creditNotes.run()).toEqual({ mirrored: 1, failed: 0 });
    const [done] = (await papers()).refunds;
    expect(done).toMatchObject({ state: 'done', amountCents: 150n });
    const [note] = (await at.room.stripe.creditNotes.list({ invoice: invoice.stripeInvoiceId! })).data;
    expect(note).toMatchObject({ amount: 150, refunds: [{ refund: done!.reference, amount_refunded: 150 }] });
    expect((await at.room.stripe.refunds.list()).data).toHaveLength(1);
    await expect(refund('251')).rejects.toMatchObject({ code: 'refund_too_large', params: { limit: '250' } });

    await at.control(`refunds/${done!.reference}`);
    await at.webhooks();
    expect((await papers()).refunds).toMatchObject([{ state: 'failed', failure: 'expired_or_canceled_card' }]);
    expect((await at.billing.credits.list(home.caller)).map(({ remainingCents }) => remainingCents)).toEqual([150n]);
    expect((await at.room.alertStore.open()).map(({ code }) => code)).toEqual(['stripe_refund_failed']);
  });
});
