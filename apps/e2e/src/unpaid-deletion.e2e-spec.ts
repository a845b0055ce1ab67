import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { advanceClock, demoNowMs, nextMonthMs } from '../../../scripts/demo/clock.mjs';
import { control, stripe } from '../../../scripts/demo/double.mjs';
import { startStack } from '../../../scripts/local/stack.mjs';
import type { Stack } from '../../../scripts/local/stack.mjs';
import { Application, call, Customer, eventually, expectStatus } from './customer.js';
import { Mailbox } from './mailbox.js';
import { MonthEnd } from './month-end.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** More than are free for the rest of a month, so that it costs something. */
const queues = 60;
/** Of them, when the month is over. */
const kept = 2;
/** Who the demonstration makes a person of finance when the control plane starts. */
const financeEmail = 'finance@waybill.localhost';

interface Billing {
  readonly dunning: { readonly day: number; readonly stopped: readonly string[]; readonly deletionAt: string } | null;
  readonly deletion: { readonly state: string; readonly at: string; readonly queues: number | null; readonly keys: number | null } | null;
}
interface Invoice {
  readonly id: string;
  readonly number: string;
  readonly state: string;
  readonly period: string;
  readonly totalCents: string;
  readonly dueAt: string;
}

let stack: Stack;
let mailbox: Mailbox;
beforeAll(async () => {
  mailbox = await Mailbox.open();
  stack = await startStack({ demo: true, databaseServerUrl: process.env['WAYBILL_TEST_DATABASE_URL'], settings: { LOG_LEVEL: 'warn', SMTP_URL: mailbox.url } });
});
afterAll(async () => {
  await stack?.stop();
  await mailbox?.close();
});

describe('a tenant that never pays', () => {
  it('is told, stopped in stages, told of the day twice, and loses what it has on that day and not before; its invoices are kept', async () => {
    const places = { databaseUrl: stack.databaseUrl, redisUrl: stack.redisUrl, stripeUrl: stack.stripe!.url };
    const goTo = (toMs: number) => advanceClock(places, toMs);
    const customer = await Customer.signUp(stack.controlPlane.url);
    const ask = async <T>(place: string) => expectStatus(await call<T>('GET', `${customer.controlUrl}/api/v1/billing${place}`, { headers: { cookie: customer.cookie } }), 200);
    const mails = (pattern: RegExp) => mailbox.to(customer.email).filter(({ text }) => pattern.test(text));
    const month = new MonthEnd(stack, customer);
    await month.goToMidMonth();
    for (let i = 0; i < queues; i += 1) await customer.queue(`q-${i}`);
    await customer.exchange('shop', 'topic');
    await customer.bind('shop', { destination: { queue: 'q-0' }, pattern: '#' });
    const application = new Application(stack.gateways[0]!.url, (await customer.key()).secret);
    await application.publishBatch('/exchanges/shop', ['one', 'two', 'three'], { key: 'order' });
    await month.giveCard();
    const { data } = await stripe<{ customer: string; metadata: Record<string, string> }>(places.stripeUrl, 'GET', '/v1/subscriptions?limit=100');
    await control(places.stripeUrl, 'POST', `cards/${data.find(({ metadata }) => Object.values(metadata).includes(customer.tenantId))!.customer}`, { card: 'declined' });
    await goTo(nextMonthMs(await demoNowMs(places)) + 10 * 60_000);
    const invoice = await eventually(async () => {
      const [found] = (await ask<{ items: Invoice[] }>('/invoices?limit=50')).items;
      if (found?.state !== 'finalized') throw new Error(`the invoice is ${found?.state ?? 'not there'}`);
      return found;
    }, 120_000);
    expect(BigInt(invoice.totalCents)).toBeGreaterThan(100n);
    // The months that follow are then counted, sealed and sent sooner.
    for (let i = kept; i < queues; i += 1) expectStatus(await customer.manage('DELETE', `/queues/q-${i}`), 200, 204);

    const stage = async (day: number, delayMs = hourMs) => {
      await goTo(Date.parse(invoice.dueAt) + day * dayMs + delayMs);
      return eventually(async () => {
        const { dunning } = await ask<Billing>('');
        if (dunning?.day !== day) throw new Error(`dunning is at ${dunning?.day ?? 'no'} day instead of ${day}`);
        return dunning;
      }, 60_000);
    };
    const publish = async () => (await application.call('POST', '/exchanges/shop/messages', { raw: 'more', headers: { 'content-type': 'text/plain' } })).status;
    const receive = async () => (await application.call('POST', '/queues/q-0/receive', { body: { max: 1, leaseSeconds: 1 } })).status;
    expect(await stage(0)).toMatchObject({ stopped: [] });
    expect(await stage(14)).toMatchObject({ stopped: ['new_queues'] });
    expect(await customer.manage('PUT', '/queues/one-more', {})).toMatchObject({ status: 402, body: { code: 'payment_overdue' } });
    expect(await stage(30)).toMatchObject({ stopped: ['new_queues', 'publishing'] });
    await eventually(async () => expect([await publish(), await receive()]).toEqual([402, 200]), 60_000);
    expect(await stage(37)).toMatchObject({ stopped: ['new_queues', 'publishing', 'consuming'] });
    await eventually(async () => expect([await publish(), await receive()]).toEqual([402, 402]), 60_000);
    await eventually(() => expect(mails(new RegExp(`Invoice ${invoice.number} is open`)).length).toBeGreaterThanOrEqual(4));

    await stage(60);
    await eventually(() => expect(mails(/is to be deleted on \d{4}-\d{2}-\d{2}/)).not.toEqual([]), 60_000);
    // The last notice goes out seven days before the day that the first one, an hour after its own, moved to.
    await stage(83, 3 * hourMs);
    const last = await eventually(() => {
      const [found] = mails(/This is the last notice/);
      if (found === undefined) throw new Error('no last notice yet');
      return found;
    }, 60_000);
    const planned = await eventually(async () => {
      const { dunning, deletion } = await ask<Billing>('');
      expect([deletion?.state, deletion?.at]).toEqual(['planned', dunning?.deletionAt]);
      expect(last.text).toContain(`on ${deletion!.at.slice(0, 10)} `);
      return Date.parse(deletion!.at);
    }, 60_000);
    expect(planned).toBeGreaterThanOrEqual(Date.parse(invoice.dueAt) + 90 * dayMs);

    await goTo(planned - 15 * 60_000);
    const { deletion: waiting } = await ask<Billing>('');
    // Seven days count from when the mail server took the last notice, which is noted a moment after the mail is there.
    const promised = Date.parse(waiting!.at);
    expect([waiting!.state, promised >= planned, promised - planned < 60_000, last.text.includes(`on ${waiting!.at.slice(0, 10)} `)]).toEqual(['planned', true, true, true]);
    await eventually(async () => expect((await application.figures('q-0')).ready).toBeGreaterThanOrEqual(3));

    await goTo(promised + 60_000);
    const { deletion } = await eventually(async () => {
      const billing = await ask<Billing>('');
      if (billing.deletion?.state !== 'done') throw new Error(`the deletion is ${billing.deletion?.state}`);
      return billing;
    }, 120_000);
    expect(deletion).toMatchObject({ queues: kept, keys: 1 });
    await eventually(async () => expect((await application.call('GET', '/queues/q-0')).status).toBe(401));
    for (const gone of ['/queues/q-0', '/exchanges/shop']) expect((await customer.manage('GET', gone)).status).toBe(404);

    const signedUp = await call('POST', `${customer.controlUrl}/api/v1/sign-up`, { body: { email: financeEmail, password: 'a long enough pass phrase', tenantName: 'Finance' } });
    await stack.controlPlane.process.restart();
    const cookie = signedUp.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ');
    const asFinance = async <T>(place: string) => expectStatus(await call<T>('GET', `${stack.controlPlane.url}/api/v1/finance${place}`, { headers: { cookie } }), 200);
    const [deleted] = (await asFinance<{ items: { tenantId: string; state: string; startedAt: string; noticeSentAt: string; lastNoticeSentAt: string }[] }>('/deletions')).items;
    expect(deleted).toMatchObject({ tenantId: customer.tenantId, state: 'done' });
    expect(Date.parse(deleted!.startedAt)).toBeGreaterThanOrEqual(promised);
    expect(promised - Date.parse(deleted!.noticeSentAt)).toBeGreaterThanOrEqual(30 * dayMs);
    expect(promised - Date.parse(deleted!.lastNoticeSentAt)).toBeGreaterThanOrEqual(7 * dayMs);
    expect(await asFinance<Invoice>(`/invoices/${invoice.id}`)).toMatchObject({ number: invoice.number, totalCents: invoice.totalCents, state: 'finalized' });
    const evidence = await ask<{ format: string; invoice: Invoice; rows: unknown[] }>(`/invoices/${invoice.id}/export`);
    expect(evidence).toMatchObject({ format: 'waybill.invoice-export.2', invoice: { number: invoice.number, totalCents: invoice.totalCents } });
    expect(evidence.rows.length).toBeGreaterThan(queues);
    expect((await ask<string>(`/invoices/${invoice.id}/pdf`)).slice(0, 5)).toBe('%PDF-');
  }, 600_000);
});
