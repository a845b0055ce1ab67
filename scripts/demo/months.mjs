import { mkdirSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { appNode } from '../local/apps.mjs';
import { run } from '../local/commands.mjs';
import { HttpClient } from '../launch/http.mjs';
import { root } from '../toolchain/paths.mjs';
import { agreement } from './agreement.mjs';
import { advanceClock, demoNowMs, nextMonthMs } from './clock.mjs';
import { control, stripe } from './double.mjs';
import { financeEmail } from './installation.mjs';
import { Shop } from './shop.mjs';
import { Difference, dollars, equal, narrator, until } from './walk.mjs';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const afterMonthMs = 10 * 60_000;
/** The walk begins so many days into a month, late enough to be short and early enough to cost something. */
const firstDay = 10;
const creditCents = '150';

/**
 * Walks a tenant through its first months: use, close, pay, fail, dun, credit. At the end of each month all counts of it are
 * compared. Throws on any difference.
 * @param {import('../local/stack.mjs').Stack} stack  started with `demo`
 * @param {object} options
 * @param {string} options.folder  where the papers of the last invoice are put
 * @param {(line: string) => void} options.write
 * @param {number} [options.orders]  sold on each day of trade
 * @param {boolean} [options.short]  the month whose payment fails, alone
 * @returns {Promise<{invoices: {number: string, totalCents: string}[], stages: number[], number: string, totalCents: string, pdf: string, verified: string}>}
 */
export async function walkMonths(stack, { folder, write, orders = 2_000, short = false }) {
  const places = { databaseUrl: stack.databaseUrl, redisUrl: stack.redisUrl, stripeUrl: stack.stripe.url };
  const goTo = (toMs) => advanceClock(places, toMs);
  const say = narrator(places.stripeUrl, write);
  await goTo(nextMonthMs(await demoNowMs(places)) + firstDay * dayMs + 9 * hourMs);
  const finance = await financeOf(stack);
  const shop = new Shop(stack.controlPlane.url, stack.gateways[0].url);
  const walk = { places, goTo, say, finance, shop, orders, customer: '' };
  try {
    const made = await shop.open();
    await say(`a tenant signs up and makes ${made.queues} queues, ${made.exchanges} exchanges and a webhook`);
    walk.customer = await giveCard(places, shop);
    await say('it gives a card at Stripe; the subscription counts from the first of the month');
    const before = short ? [] : [await paidMonth(walk)];
    const { invoice, stages } = await failedMonth(walk);
    await grant(walk);
    const invoices = [...before, invoice, ...(short ? [] : [await creditedMonth(walk)])];
    return { invoices: invoices.map(({ number, totalCents }) => ({ number, totalCents })), stages, ...(await papers(shop, invoices.at(-1), { folder, say })) };
  } finally {
    shop.close();
  }
}

async function paidMonth(walk) {
  const { name } = await trade(walk, [0, 1, 6]);
  const invoice = await closed(walk.shop, name, 'paid');
  await walk.say(`${name} is closed: all hours sealed, sent, confirmed and compared; invoice ${invoice.number}, ${dollars(invoice.totalCents)}${withTax(invoice)}, paid by card`);
  await compare(walk, invoice);
  return invoice;
}

/** Use, a card that stops working, dunning, and a card that works again. */
async function failedMonth(walk) {
  const { shop, places, say, customer } = walk;
  await control(places.stripeUrl, 'POST', `cards/${customer}`, { card: 'declined' });
  await say('the card stops working');
  const { name } = await trade(walk, [1, 3]);
  const invoice = await closed(shop, name, 'finalized');
  await say(`${name} is closed: invoice ${invoice.number}, ${dollars(invoice.totalCents)}; Stripe's attempt to collect it fails`);
  await compare(walk, invoice);
  const stages = await dunned(walk, invoice);
  const noted = await credit(walk, invoice);
  await control(places.stripeUrl, 'POST', `cards/${customer}`, { card: 'good' });
  await stripe(places.stripeUrl, 'POST', `/v1/invoices/${(await billOf(walk, invoice)).id}/pay`, { form: {} });
  const paid = await closed(shop, name, 'paid');
  await until('dunning is undone', async () => (await billing(shop)).dunning === null);
  equal('paid by card and credited', BigInt(paid.payments[0].amountCents) + noted, paid.totalCents);
  await say('a new card pays the rest at Stripe; dunning is undone at once');
  return { invoice: paid, stages };
}

/** While the invoice is open: its tax goes with the amount. @returns {Promise<bigint>} both */
async function credit({ finance, places, say, customer }, invoice) {
  const line = invoice.lines.find(({ dimension }) => dimension === 'mq_queue_minutes');
  await finance.call('POST', `/api/v1/finance/invoices/${invoice.id}/lines/${line.id}/credit-notes`, { json: { amountCents: creditCents, reason: 'Goodwill for the trouble' } });
  const note = await until('the credit note is at Stripe', async () => (await stripe(places.stripeUrl, 'GET', `/v1/credit_notes?customer=${customer}`)).data[0]);
  equal('credit note at Stripe, before tax', note.total_excluding_tax, creditCents);
  await say(`finance writes a credit note of ${dollars(creditCents)} for a line of ${invoice.number}; Stripe has it too, ${dollars(note.total)} with its tax, and so much less is open`);
  return BigInt(note.total);
}

/** Credit for the next invoice. */
async function grant({ finance, shop, say }) {
  await finance.call('POST', '/api/v1/finance/credits', { json: { tenantId: shop.tenantId, amountCents: creditCents, currency: 'USD', source: 'goodwill', priority: 0, expiresAt: null, reason: 'Goodwill for the trouble' } });
  equal('credit of the tenant', (await shop.api.call('GET', '/api/v1/billing/credits')).balanceCents, creditCents);
  await say(`finance grants ${dollars(creditCents)} of credit for the next month`);
}

async function creditedMonth(walk) {
  const { shop, say } = walk;
  const { name } = await trade(walk, [1]);
  const invoice = await closed(shop, name, 'paid');
  equal('credit on the last invoice', invoice.creditCents, creditCents);
  equal('credit that is left', (await shop.api.call('GET', '/api/v1/billing/credits')).balanceCents, 0);
  await say(`${name} is closed: invoice ${invoice.number}, ${dollars(invoice.subtotalCents)} less ${dollars(invoice.creditCents)} of credit, ${dollars(invoice.totalCents)}${withTax(invoice)}, paid by card`);
  await compare(walk, invoice);
  return invoice;
}

/** A person of finance, whose role is given when the control plane starts. */
async function financeOf(stack) {
  const finance = new HttpClient(stack.controlPlane.url);
  await finance.call('POST', '/api/v1/sign-up', { json: { email: financeEmail, password: randomBytes(18).toString('base64url'), tenantName: 'Finance' } });
  await stack.controlPlane.process.restart();
  return finance;
}

async function giveCard({ stripeUrl }, shop) {
  await control(stripeUrl, 'POST', `checkout/${await shop.checkout()}`, { card: 'good', country: 'DE' });
  const { customer } = await until('the subscription is there', async () => (await stripe(stripeUrl, 'GET', '/v1/subscriptions?limit=100')).data.find(({ metadata }) => Object.values(metadata).includes(shop.tenantId)));
  return customer;
}

/** Sells on some days of the running month, counted from now on, and goes on to just after its end. @param {number[]} pauses  days before each */
async function trade({ shop, say, goTo, orders, places }, pauses) {
  for (const days of pauses) {
    if (days > 0) await goTo((await demoNowMs(places)) + days * dayMs + 3 * hourMs);
    await shop.sell(orders);
    await say(`${orders} orders are published, consumed and pushed to the webhook`);
  }
  const nowMs = await demoNowMs(places);
  await goTo(nextMonthMs(nowMs) + afterMonthMs);
  return { name: new Date(nowMs).toISOString().slice(0, 7) };
}

const withTax = ({ taxes, taxCents }) => (taxes.length === 0 ? '' : ` with ${dollars(taxCents)} of tax`);

/** The month's invoice, once it is in that state. */
function closed(shop, period, state) {
  return until(`the invoice of ${period} is ${state}`, async () => {
    const invoice = await shop.invoiceOf(period);
    return invoice?.state === state && invoice;
  });
}

async function billOf({ places, customer }, invoice) {
  const { data } = await stripe(places.stripeUrl, 'GET', `/v1/invoices?customer=${customer}&limit=100`);
  const bill = data.find(({ metadata }) => metadata.waybill_invoice === invoice.id);
  if (bill === undefined) throw new Difference(`Stripe has no invoice ${invoice.number}`);
  return bill;
}

/** All counts of the month against each other, and that finance sees no variance. */
async function compare(walk, invoice) {
  const { shop, places, finance, say } = walk;
  const evidence = await shop.api.call('GET', `/api/v1/billing/invoices/${invoice.id}/export`);
  const said = await agreement({ invoice, bill: await billOf(walk, invoice), evidence, counted: shop.endMonth(), tenantId: shop.tenantId, ...places });
  // The report is made every night, and this night is not over.
  await finance.call('POST', `/api/v1/finance/tenants/${shop.tenantId}/comparison`, { json: { period: invoice.period } });
  const { items } = await finance.call('GET', `/api/v1/finance/variance?period=${invoice.period}`);
  equal('variance that finance sees', JSON.stringify(items), '[]');
  await say(said);
}

const billing = (shop) => shop.api.call('GET', '/api/v1/billing');

/** Day by day after the due day. */
async function dunned({ shop, goTo, say }, invoice) {
  const dueMs = Date.parse(invoice.dueAt);
  const stages = [];
  for (const day of [0, 3]) {
    await goTo(dueMs + day * dayMs + hourMs);
    const stage = await until(`dunning is at day ${day}`, async () => {
      const { dunning } = await billing(shop);
      return dunning?.day === day && dunning;
    });
    stages.push(stage.day);
    await say(`${invoice.number} is ${day === 0 ? 'due' : `${day} days overdue`} and not paid: dunning of day ${stage.day} begins, its notice is sent`);
  }
  return stages;
}

/** The last invoice as PDF, CSV and export; the export is computed again. */
async function papers(shop, invoice, { folder, say }) {
  mkdirSync(folder, { recursive: true });
  const kept = (ending) => path.join(folder, `${invoice.number}.${ending}`);
  const base = `/api/v1/billing/invoices/${invoice.id}`;
  writeFileSync(kept('pdf'), await shop.api.call('GET', `${base}/pdf`, { bytes: true }));
  writeFileSync(kept('csv'), await shop.api.call('GET', `${base}/csv`, { bytes: true }));
  writeFileSync(kept('json'), await shop.api.call('GET', `${base}/export`, { bytes: true }));
  const { output } = await run(appNode(), [path.join(root, 'apps/cli/bin/waybill.mjs'), 'verify-invoice', kept('json')]);
  await say(`waybill verify-invoice: ${output.trim()}`);
  return { number: invoice.number, totalCents: invoice.totalCents, pdf: kept('pdf'), verified: output.trim() };
}
