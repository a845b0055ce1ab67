import { HttpClient } from '../launch/http.mjs';
import { Refusal } from '../toolchain/progress.mjs';
import { advanceClock, demoNowMs, nextMonthMs } from './clock.mjs';
import { control, stripe } from './double.mjs';
import { runningDemo } from './running.mjs';

const unitMs = { h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };
const afterMonthMs = 10 * 60_000;
const usage = 'npm run demo:clock -- [+<number>h|d|w | month | card | good | declined]';

/** @param {string[]} words @param {(line: string) => void} write */
export async function clockCommand([word, ...more], write) {
  if (more.length > 0) throw new Refusal(usage);
  const demo = runningDemo();
  if (word === 'card') return write(await cardPage(demo));
  if (word === 'good' || word === 'declined') return setCards(demo, word, write);
  const nowMs = await demoNowMs(demo);
  if (word !== undefined) await advanceClock(demo, targetOf(word, nowMs), (atMs) => write(`  ${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')}, hours before it are sealed and confirmed`));
  write(`It is ${new Date(await demoNowMs(demo)).toISOString().slice(0, 16).replace('T', ' ')} UTC in the demonstration.`);
}

/** @param {string} word @param {number} nowMs */
export function targetOf(word, nowMs) {
  if (word === 'month') return nextMonthMs(nowMs) + afterMonthMs;
  const [, count, unit] = /^\+(\d{1,3})([hdw])$/.exec(word) ?? [];
  if (unit === undefined || count === '0') throw new Refusal(usage);
  return nowMs + Number(count) * unitMs[unit];
}

/** Where the demo tenant gives its card, or changes it. */
async function cardPage({ consoleUrl, login }) {
  const api = new HttpClient(consoleUrl);
  await api.call('POST', '/api/v1/session', { json: login });
  const { url } = await api.call('POST', '/api/v1/billing/checkout').catch((error) => {
    if (error.code !== 'stripe_subscription_exists') throw error;
    return api.call('POST', '/api/v1/billing/portal');
  });
  return `Open ${url}`;
}

/** What people do at Stripe's page for their card. */
async function setCards({ stripeUrl }, card, write) {
  const { data } = await stripe(stripeUrl, 'GET', '/v1/customers?limit=100');
  const withCard = data.filter(({ invoice_settings: settings }) => settings?.default_payment_method);
  if (withCard.length === 0) throw new Refusal('No tenant has given a card yet.');
  for (const { id } of withCard) await control(stripeUrl, 'POST', `cards/${id}`, { card });
  write(`From now on the cards of all tenants ${card === 'good' ? 'work' : 'are declined'} (${withCard.length}).`);
}
