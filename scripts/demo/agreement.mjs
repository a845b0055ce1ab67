import { withClient } from '../local/database.mjs';
import { control, stripe } from './double.mjs';
import { dollars, equal } from './walk.mjs';

/**
 * Compares a month five times over, to the unit and to the cent: the rows of the ledger, what was pushed and confirmed, Stripe's
 * hourly sums, the lines of Stripe's invoice, and those of ours; and what the tenant itself counted. Throws on the first difference.
 * @param {object} of
 * @param {any} of.invoice  ours, as the API shows it
 * @param {any} of.bill  Stripe's
 * @param {{rows: {dimension: string, quantity: string | null}[], priceBook: {prices: {dimension: string, tiers: {unitPrice: string, flatPrice: string}[]}[]}}} of.evidence  the export of the invoice
 * @param {Record<string, bigint>} of.counted
 * @param {string} of.stripeUrl
 * @param {string} of.databaseUrl
 * @param {string} of.tenantId
 * @returns {Promise<string>} what agreed, in a sentence
 */
export async function agreement({ invoice, bill, evidence, counted, stripeUrl, databaseUrl, tenantId }) {
  const [from, to] = [Date.parse(invoice.periodStart), Date.parse(invoice.periodEnd)];
  const ledger = sums(evidence.rows.map(({ dimension, quantity }) => [dimension, quantity ?? '0']));
  const pushed = sums(await confirmedPushes(databaseUrl, tenantId, from, to));
  const billed = await linesOf(stripeUrl, bill.id);
  const usage = invoice.lines.filter(({ kind }) => kind === 'usage');
  for (const { dimension, quantity, amountCents } of usage) {
    const { hours } = await control(stripeUrl, 'GET', `usage?customer=${bill.customer}&event_name=${dimension}`);
    const summed = hours.filter(({ at }) => at * 1_000 >= from && at * 1_000 < to).reduce((sum, { value }) => sum + BigInt(value), 0n);
    const theirs = billed.get(dimension) ?? { quantity: 0n, amount: 0n };
    equal(`${dimension}, ledger and invoice line`, ledger.get(dimension) ?? 0n, quantity);
    equal(`${dimension}, pushed and invoice line`, pushed.get(dimension) ?? 0n, quantity);
    equal(`${dimension}, Stripe's hourly sums and invoice line`, summed, quantity);
    equal(`${dimension}, units on Stripe's invoice and ours`, theirs.quantity, quantity);
    equal(`${dimension}, cents on Stripe's invoice and ours`, theirs.amount, amountCents);
    if (counted[dimension] !== undefined) equal(`${dimension}, counted by the tenant and invoice line`, counted[dimension], quantity);
  }
  const priced = evidence.priceBook.prices.filter(({ tiers }) => tiers.some(({ unitPrice, flatPrice }) => unitPrice !== '0' || flatPrice !== '0'));
  equal('priced dimensions in the ledger without an invoice line', priced.filter(({ dimension }) => ledger.has(dimension) && !usage.some((line) => line.dimension === dimension)).map(({ dimension }) => dimension).join(), '');
  equal('total of Stripe and ours', bill.total, invoice.totalCents);
  equal('tax on top, at Stripe and ours', (bill.total_taxes ?? []).reduce((sum, { amount, tax_behavior: behavior }) => (behavior === 'exclusive' ? sum + BigInt(amount) : sum), 0n), invoice.taxCents);
  equal('sum of the lines with tax and total', invoice.lines.reduce((sum, { amountCents }) => sum + BigInt(amountCents), BigInt(invoice.taxCents)), invoice.totalCents);
  const units = usage.reduce((sum, { quantity }) => sum + BigInt(quantity), 0n);
  return `${units} units of ${usage.filter(({ quantity }) => quantity !== '0').length} meters: ledger = pushed = Stripe's sums = both invoices, ${dollars(invoice.totalCents)}`;
}

/** @param {(readonly [string, string | bigint])[]} entries @returns {Map<string, bigint>} */
function sums(entries) {
  const all = new Map();
  for (const [dimension, quantity] of entries) all.set(dimension, (all.get(dimension) ?? 0n) + BigInt(quantity));
  return all;
}

/** The newest revision of each hour, if Stripe confirmed it. */
function confirmedPushes(databaseUrl, tenantId, from, to) {
  return withClient(databaseUrl, async (client) => {
    await client.query(`SELECT set_config('app.scope', 'system', false)`);
    const { rows } = await client.query(
      `SELECT meter, quantity FROM (SELECT DISTINCT ON (meter, hour) * FROM meter_pushes WHERE tenant_id = $1 AND hour >= $2 AND hour < $3 ORDER BY meter, hour, revision DESC) newest WHERE state = 'confirmed'`,
      [tenantId, new Date(from), new Date(to)],
    );
    return rows.map(({ meter, quantity }) => [meter, quantity]);
  });
}

/** Units and cents of each meter on an invoice of Stripe, whatever its number of tiers. @returns {Promise<Map<string, {quantity: bigint, amount: bigint}>>} */
async function linesOf(stripeUrl, invoiceId) {
  const names = new Map((await stripe(stripeUrl, 'GET', '/v1/billing/meters?limit=100')).data.map(({ id, event_name: name }) => [id, name]));
  const prices = new Map((await stripe(stripeUrl, 'GET', '/v1/prices?limit=100')).data.map(({ id, recurring }) => [id, names.get(recurring?.meter)]));
  const lines = new Map();
  for (const { pricing, quantity, amount } of (await stripe(stripeUrl, 'GET', `/v1/invoices/${invoiceId}/lines?limit=100`)).data) {
    const dimension = prices.get(pricing?.price_details?.price);
    const before = lines.get(dimension) ?? { quantity: 0n, amount: 0n };
    lines.set(dimension, { quantity: before.quantity + BigInt(quantity ?? 0), amount: before.amount + BigInt(amount) });
  }
  return lines;
}
