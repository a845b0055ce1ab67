#!/usr/bin/env node
/** `node apps/cli/test/large-export.mjs 5000000 > export.json`: an export of one namespace with at least so many rows, and an invoice that agrees with them. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';

const wanted = Number(process.argv[2] ?? '5000000');
const countedTwice = ['mq_messages', 'mq_kib_in', 'mq_exchange_passes', 'mq_queue_passes', 'mq_kib_out', 'mq_push_attempts'];
const dimensions = [...countedTwice, 'mq_queue_minutes', 'mq_exchange_minutes', 'mq_archive_mib_hours'];
const hours = Array.from({ length: 744 }, (_, i) => new Date(Date.UTC(2026, 9, 1, i)).toISOString());
const resources = Array.from({ length: Math.ceil(wanted / (hours.length * dimensions.length)) }, (_, i) => `q_${String(i).padStart(6, '0')}`);
const e12 = 10n ** 12n;
const quantityOf = (hour, dimension, resource) => BigInt(1 + ((hour * 31 + dimension * 7 + resource * 13) % 997));
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

const sums = dimensions.map(() => resources.map(() => 0n));
const digests = hours.map((hour, h) => {
  const lines = dimensions.flatMap((dimension, d) => resources.map((resource, r) => {
    const quantity = quantityOf(h, d, r);
    sums[d][r] += quantity;
    return `${dimension}|publish|${resource}=${quantity}`;
  }));
  return { namespaceId: 'ns_large', hour, sha256: sha256(lines.sort().join('\n')), secondCount: { messages: null, units: {} } };
});

const lines = dimensions.map((dimension, d) => {
  const quantity = sums[d].reduce((sum, units) => sum + units, 0n);
  const [text, amountE12] = [String(quantity), quantity * (e12 / 100_000n)];
  const amountCents = (amountE12 + e12 / 2n) / e12;
  return {
    id: `il_${d}`, kind: 'usage', dimension, cause: null, description: dimension, quantity: text, freeQuantity: '0', billedQuantity: text, unit: 'unit', unitPrice: '0.00001',
    tiers: [{ above: '0', upTo: null, quantity: text, unitPrice: '0.00001', flatPrice: '0', amountE12: String(amountE12) }], amountE12: String(amountE12), roundingE12: String(amountCents * e12 - amountE12),
    amountCents: String(amountCents), evidence: sha256(resources.map((resource, r) => `ns_large|${resource}=${sums[d][r]}\n`).join('')), adjustment: null, dispute: null, creditedCents: '0',
  };
});
const totalCents = String(lines.reduce((sum, { amountCents }) => sum + BigInt(amountCents), 0n));
const invoice = {
  id: 'inv_large', number: 'WB-2026-000001', state: 'finalized', period: '2026-10', periodStart: '2026-10-01T00:00:00.000Z', periodEnd: '2026-11-01T00:00:00.000Z', plan: 'payg', priceBookId: 'pb_1', priceBookVersion: 1,
  currency: 'USD', subtotalCents: totalCents, creditCents: '0', totalCents, taxCents: '0', settledCents: '0', dueCents: totalCents, computedAt: '2026-11-01T02:00:00.000Z', finalizedAt: '2026-11-01T02:00:00.000Z', dueAt: null,
  settledAt: null, disputes: 0, evidence: sha256(digests.map(({ namespaceId, hour, sha256: digest }) => `${namespaceId}|${hour}|${digest}\n`).join('')), lines, taxes: [], billedTo: null, creditNotes: [], payments: [], refunds: [],
};
const priceBook = {
  id: 'pb_1', name: 'large', version: 1, currency: 'USD', model: 'metered', baseFeeCents: '0', minimumCents: '0', includedCreditCents: '0',
  prices: dimensions.map((dimension) => ({ dimension, description: dimension, unit: 'unit', cause: null, kind: 'graduated', tiers: [{ upTo: null, unitPrice: '0.00001', flatPrice: '0' }] })),
};

const write = async (text) => process.stdout.write(text) || once(process.stdout, 'drain');
await write(`${JSON.stringify({ format: 'waybill.invoice-export.2', invoice, priceBook, digests }).slice(0, -1)},"rows":[`);
for (const [h, hour] of hours.entries()) {
  for (const [d, dimension] of dimensions.entries()) {
    const rows = resources.map((resourceId, r) => {
      const quantity = String(quantityOf(h, d, r));
      return JSON.stringify({ hour, namespaceId: 'ns_large', dimension, cause: 'publish', resourceId, quantity, ...(countedTwice.includes(dimension) ? { counted: quantity } : {}) });
    });
    await write((h + d === 0 ? '' : ',') + rows.join(','));
  }
}
await write(']}\n');
