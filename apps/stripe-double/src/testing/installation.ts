import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from '@jest/globals';
import { openBilling, openStripeRoom } from '@waybill/billing';
import { HeldClock, newId, Secret, silentLogger } from '@waybill/kernel';
import { LedgerStore, SealStore } from '@waybill/metering';
import type { Dimension } from '@waybill/metering';
import type { FreshDatabase, Home } from '@waybill/testing';
import { hourMs, withDouble } from './with-double.js';

export type Installation = Awaited<ReturnType<typeof installation>>;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Billing whole, as control plane and worker run it, beside a double that sends its webhooks to it; two clocks that move together. */
export async function installation(database: FreshDatabase, { startMs, seed = 1, automaticTax = false }: { readonly startMs: number; readonly seed?: number; readonly automaticTax?: boolean }) {
  const { double, control, stripe } = await withDouble({ heldAtMs: startMs, seed });
  const clock = new HeldClock(startMs);
  const room = openStripeRoom({
    database: database.database, clock, logger: silentLogger, secretKey: new Secret('sk_test_month'), apiBase: double.url, webhookSecrets: [new Secret('whsec_month')], publicUrl: 'http://localhost:3000', automaticTax, defaultPlan: 'payg',
    relieved: (tenantId) => billing.relieved(tenantId),
  });
  const mails: string[] = [];
  const billing = openBilling({
    database: database.database, logger: silentLogger, clock, closer: room.closer, stripeLegs: room.legs, creditQuotes: room.creditQuotes, rules: { defaultPlan: 'payg', reviewAboveCents: 10n ** 9n, twoPersonLimitCents: 10n ** 9n },
    gate: { set: async () => 'in_force', quota: async () => ({ limits: null, used: {} }) }, notify: async ({ subject }) => (mails.push(subject), 'sent'),
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
