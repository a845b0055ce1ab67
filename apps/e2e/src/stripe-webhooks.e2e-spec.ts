import { createHmac, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { advanceClock, demoNowMs, nextMonthMs } from '../../../scripts/demo/clock.mjs';
import { control, stripe } from '../../../scripts/demo/double.mjs';
import type { Stack } from '../../../scripts/local/stack.mjs';
import { call, Customer, eventually, expectStatus } from './customer.js';
import { startInstallation } from './installation.js';

/** As while a secret is rolled: both are live. */
const [oldSecret, newSecret] = ['whsec_before_rolling', 'whsec_after_rolling'];
const dayMs = 86_400_000;
const financeEmail = 'finance@example.com';

interface Event {
  readonly id: string;
  readonly type: string;
  readonly data: { readonly object: { readonly id: string; readonly metadata?: Record<string, string> } };
}
interface Alert {
  readonly code: string;
  readonly subject: string;
  readonly detail: string;
}

let stack: Stack;
let double: string;
let finance: Record<string, string>;
let customer: Customer;

beforeAll(async () => {
  stack = await startInstallation({ demo: true, settings: { STRIPE_WEBHOOK_SECRET: `${oldSecret},${newSecret}`, FINANCE_OPERATORS: `${financeEmail}:finance` } });
  double = stack.stripe!.url;
  // The double sends nothing by itself: every webhook comes from this test, when and as it says.
  await control(double, 'POST', 'faults/webhooks', { lost: 1 });
  const answer = await call('POST', `${stack.controlPlane.url}/api/v1/sign-up`, { body: { email: financeEmail, password: randomBytes(12).toString('hex'), tenantName: 'Finance' } });
  expectStatus(answer, 201);
  finance = { cookie: answer.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ') };
  // The role is given when the control plane starts.
  await stack.controlPlane.process.restart();
  await eventually(async () => expectStatus(await call('GET', `${stack.controlPlane.url}/api/v1/finance/overview`, { headers: finance }), 200));
  customer = await Customer.signUp(stack.controlPlane.url);
});
afterAll(() => stack?.stop());

const alerts = async (code: string): Promise<Alert[]> => {
  const { alerts: open } = expectStatus(await call<{ alerts: Alert[] }>('GET', `${stack.controlPlane.url}/api/v1/finance/overview`, { headers: finance }), 200);
  return open.filter((alert) => alert.code === code);
};
const billing = async <T>(place = '', method = 'GET', body?: unknown): Promise<T> =>
  expectStatus(await call<T>(method, `${stack.controlPlane.url}/api/v1/billing${place}`, { headers: { cookie: customer.cookie }, ...(body === undefined ? {} : { body }) }), 200, 201);
const card = async () => (await billing<{ card: string }>()).card;
const invoices = async () => (await billing<{ items: { id: string; period: string; state: string; totalCents: string; dueCents: string }[] }>('/invoices?limit=20')).items;
const eventsOf = async (type: string): Promise<readonly Event[]> => (await stripe<Event>(double, 'GET', `/v1/events?type=${type}&limit=100`)).data;

const mac = (text: string, secret: string, atS: number): string => createHmac('sha256', secret).update(`${atS}.${text}`).digest('hex');
const nowS = async (): Promise<number> => Math.floor((await demoNowMs({ stripeUrl: double })) / 1_000);

interface Signing {
  readonly secrets?: readonly string[];
  /** Added to the time of the signature, s. */
  readonly ageS?: number;
  /** Sent in the place of what was signed. */
  readonly sent?: string;
}

/** Sends a webhook as Stripe would: raw, signed now unless it is said otherwise. */
async function deliver(event: object | string, { secrets = [newSecret], ageS = 0, sent }: Signing = {}) {
  const text = typeof event === 'string' ? event : JSON.stringify(event);
  const atS = (await nowS()) - ageS;
  const header = [`t=${atS}`, ...secrets.map((secret) => `v1=${mac(text, secret, atS)}`)].join(',');
  const { status, body } = await call<{ code?: string; received?: boolean }>('POST', `${stack.controlPlane.url}/api/v1/stripe/webhook`, { raw: sent ?? text, headers: { 'content-type': 'application/json; charset=utf-8', ...(secrets.length === 0 ? {} : { 'stripe-signature': header }) } });
  return [status, body.code ?? body.received];
}
const refused = [400, 'webhook_signature_invalid'];
const taken = [200, true];

async function completeCheckout(): Promise<Event> {
  const { url } = await billing<{ url: string }>('/checkout', 'POST');
  const session = new URL(url).pathname.split('/').at(-1)!;
  await control(double, 'POST', `checkout/${session}`, { card: 'good' });
  return (await eventsOf('checkout.session.completed')).find(({ data }) => data.object.id === session)!;
}

describe('signed webhooks over HTTP, with control plane, worker and Stripe double running', () => {
  let completed: Event;

  it.each([
    ['with a wrong signature', (event: Event) => deliver(event, { secrets: ['whsec_of_somebody'] }), 'signature'],
    ['changed on its way', (event: Event) => deliver(event, { sent: JSON.stringify({ ...event, type: 'invoice.paid' }) }), 'signature'],
    ['signed more than five minutes ago, or by a clock that is wrong', (event: Event) => deliver(event, { ageS: 301 }), 'too_old'],
    ['without a signature', (event: Event) => deliver(event, { secrets: [] }), 'not_signed'],
    ['signed, and no JSON', () => deliver('{"id":'), 'malformed'],
    ['signed, of one kind and named as the other', () => deliver({ id: 'evt_1', object: 'event', type: 'v1.billing.meter.no_meter_found' }), 'malformed'],
  ] as const)('one %s is refused with its code and an alert that says why, and changes nothing', async (_how, send, subject) => {
    completed ??= await completeCheckout();
    expect(await send(completed)).toEqual(refused);
    expect((await alerts('webhook_refused')).map((alert) => alert.subject)).toContain(subject);
    expect(await card()).toBe('none');
  });

  it('one that is signed is worked on, under the old and the new secret while it is rolled, and once however often it comes', async () => {
    expect(await deliver(completed, { secrets: ['whsec_of_somebody', oldSecret] })).toEqual(taken);
    await eventually(async () => expect(await card()).toBe('active'));
    for (const secrets of [[oldSecret], [newSecret], [oldSecret, newSecret]]) expect(await deliver(completed, { secrets })).toEqual(taken);
    const { data } = await stripe<{ metadata: Record<string, string> }>(double, 'GET', '/v1/subscriptions?limit=100');
    expect(data.filter(({ metadata }) => metadata['waybill_tenant'] === customer.tenantId)).toHaveLength(1);
    expect(await card()).toBe('active');
  });

  it('paid before finalized before created: the invoice is paid once, and stays so', async () => {
    const places = { databaseUrl: stack.databaseUrl, redisUrl: stack.redisUrl, stripeUrl: double };
    await billing('/plan', 'PUT', { plan: 'team' });
    // The plan begins with the next month; that month's invoice is the one with money in it.
    const begins = nextMonthMs(await demoNowMs(places));
    await advanceClock(places, begins + 5 * dayMs);
    await advanceClock(places, nextMonthMs(begins) + 10 * 60_000);
    const period = new Date(begins).toISOString().slice(0, 7);
    const ours = await eventually(async () => {
      const found = (await invoices()).find((invoice) => invoice.period === period);
      if (found?.state !== 'finalized') throw new Error(`the invoice of ${period} is ${found?.state ?? 'not there'}`);
      return found;
    }, 120_000);
    expect(BigInt(ours.totalCents)).toBeGreaterThan(0n);
    const about = async (type: string) => (await eventsOf(type)).find(({ data }) => data.object.metadata?.['waybill_invoice'] === ours.id)!;
    const paid = await about('invoice.paid');
    const order = [paid, await about('invoice.finalized'), (await eventsOf('invoice.created')).find(({ data }) => data.object.id === paid.data.object.id)!];
    for (const event of order) {
      expect(await deliver(event)).toEqual(taken);
      await eventually(async () => expect((await invoices()).find(({ id }) => id === ours.id)).toMatchObject({ state: 'paid', totalCents: ours.totalCents }));
    }
    for (const event of [...order].reverse()) expect(await deliver(event, { secrets: [oldSecret] })).toEqual(taken);
    const after = await billing<{ state: string; payments: { amountCents: string }[] }>(`/invoices/${ours.id}`);
    expect([after.state, after.payments.map(({ amountCents }) => amountCents)]).toEqual(['paid', [ours.totalCents]]);
    expect(await alerts('webhook_parked')).toEqual([]);
  }, 400_000);

  it('a thin event is fetched and becomes an alert, under either secret, once; with a wrong one it is refused', async () => {
    await control(double, 'POST', 'rules', { unknownCustomerOfAnEvent: 'reported' });
    const identifier = `strange:${randomBytes(4).toString('hex')}`;
    await stripe(double, 'POST', '/v1/billing/meter_events', { form: { event_name: 'mq_messages', identifier, 'payload[stripe_customer_id]': 'cus_unknown', 'payload[value]': '3' } });
    const { deliveries } = await eventually(async () => {
      const told = await control<{ deliveries: { event: string; type: string }[] }>(double, 'GET', 'deliveries');
      if (!told.deliveries.some(({ type }) => type === 'v1.billing.meter.error_report_triggered')) throw new Error('the double has not reported it');
      return told;
    });
    const { event } = deliveries.find(({ type }) => type === 'v1.billing.meter.error_report_triggered')!;
    const { data: _fetched, ...thin } = await stripe(double, 'GET', `/v2/core/events/${event}`);
    expect(await deliver(thin, { secrets: ['whsec_of_somebody'] })).toEqual(refused);
    expect(await alerts('meter_push_parked')).toEqual([]);
    for (const secrets of [[oldSecret], [newSecret]]) expect(await deliver(thin, { secrets })).toEqual(taken);
    await eventually(async () => expect(await alerts('meter_push_parked')).toMatchObject([{ subject: identifier, detail: expect.stringContaining('meter_event_customer_not_found') }]));
  });

  it('a customer that was deleted at Stripe is an alert, no page for a card is opened for it, and its invoices stay', async () => {
    const { data } = await stripe<{ customer: string; metadata: Record<string, string> }>(double, 'GET', '/v1/subscriptions?limit=100');
    const { customer: id } = data.find(({ metadata }) => metadata['waybill_tenant'] === customer.tenantId)!;
    const before = await invoices();
    await fetch(`${double}/v1/customers/${id}`, { method: 'DELETE', headers: { authorization: 'Bearer sk_test_demo' } });
    const [deleted] = await eventsOf('customer.deleted');
    expect(await deliver(deleted!)).toEqual(taken);
    await eventually(async () => expect(await alerts('stripe_customer_deleted')).toMatchObject([{ subject: customer.tenantId }]));
    expect(await card()).toBe('deleted');
    const again = await call<{ code: string }>('POST', `${stack.controlPlane.url}/api/v1/billing/checkout`, { headers: { cookie: customer.cookie } });
    expect([again.status, again.body.code]).toEqual([409, 'stripe_customer_deleted']);
    expect(await invoices()).toEqual(before);
  });
});
