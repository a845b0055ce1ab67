import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openBilling, openStripeRoom, periodAt } from '@waybill/billing';
import { HeldClock, newId, Secret, silentLogger } from '@waybill/kernel';
import { LedgerStore, SealStore } from '@waybill/metering';
import type { Dimension } from '@waybill/metering';
import { freshDatabase, newHome } from '@waybill/testing';
import type { FreshDatabase, Home } from '@waybill/testing';
import { dayMs, hourMs, withDouble } from '../testing/with-double.js';

const october = Date.UTC(2026, 9, 1);
const november = Date.UTC(2026, 10, 1);
const december = Date.UTC(2026, 11, 1);

describe('months from the first card to the credit note', () => {
  let database: FreshDatabase;
  const servers: Server[] = [];
  beforeEach(async () => {
    database = await freshDatabase();
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) server.close();
    await database.drop();
  });

  async function installation(startMs: number, seed = 1) {
    const { double, control, stripe } = await withDouble({ heldAtMs: startMs, seed });
    const clock = new HeldClock(startMs);
    const room = openStripeRoom({
      database: database.database, clock, logger: silentLogger, secretKey: new Secret('sk_test_month'), apiBase: double.url, webhookSecrets: [new Secret('whsec_month')], publicUrl: 'http://localhost:3000', defaultPlan: 'payg',
      relieved: (tenantId) => billing.relieved(tenantId),
    });
    const mails: string[] = [];
    const billing = openBilling({
      database: database.database, logger: silentLogger, clock, closer: room.closer, stripeLegs: room.legs, rules: { defaultPlan: 'payg', reviewAboveCents: 10n ** 9n, twoPersonLimitCents: 10n ** 9n },
      gate: { set: async () => 'in_force', quota: async () => ({ limits: null, used: {} }) }, notify: async ({ subject }) => void mails.push(subject),
      prices: { publish: async () => undefined as never },
    });
    await billing.prepare();
    const server = createServer((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        room.receiver.receive(Buffer.concat(chunks), String(incoming.headers['stripe-signature'])).then(() => outgoing.end(), () => outgoing.writeHead(400).end());
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await stripe.webhookEndpoints.create({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, enabled_events: ['*'] });
    for (const row of double.world.destinations.all()) row.secret = 'whsec_month';
    const ledger = new LedgerStore(database.database);
    const seals = new SealStore(database.database);
    return {
      billing, room, control, clock, mails,
      moveTo: async (toMs: number) => {
        clock.advance(toMs - clock.nowMs());
        await control('clock/advance', { toMs });
      },
      use: async ({ namespaceId }: Home, atMs: number, dimension: Dimension, quantity: bigint) => {
        const batchId = newId('usageBatch');
        const entries = [{ hour: Math.floor(atMs / hourMs), dimension, cause: 'publish', resourceId: 'x_1', delta: quantity }];
        await ledger.book(namespaceId, batchId, { sealedAtMs: clock.nowMs(), entries, sha256: Buffer.from(createHash('sha256').update(batchId).digest()) as Buffer<ArrayBuffer> });
      },
      seal: async ({ caller, namespaceId }: Home, throughMs: number) => {
        await seals.behind({ sealedMs: 0, archiveMs: 0 }, '', 1);
        await seals.seal({ tenantId: caller.tenantId, namespaceId }, throughMs, 'watermark');
      },
      push: async () => {
        for (const account of await room.accounts.page('', 100)) await room.planner.plan(account);
        await room.sender.send();
        await room.confirmer.confirm();
      },
      webhooks: async () => {
        await control('deliveries/idle');
        await room.webhooks.work();
      },
    };
  }

  it('use, close, pay, fail, dun, pay, credit: ledger = pushed = sums = invoice, and both sides agree to the cent', async () => {
    const at = await installation(october + 10 * dayMs);
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
    const at = await installation(october + 10 * dayMs, 2);
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
