import type { DoubleClock } from './clock.js';
import { faultKinds } from './faults.js';
import type { FaultKind, Faults, WebhookFaults } from './faults.js';
import { completeCheckout } from './resources/checkout.js';
import type { Given } from './resources/checkout.js';
import { addTaxId } from './resources/customers.js';
import { refundView } from './resources/credit-notes.js';
import { windowsOf } from './resources/meters.js';
import { rules } from './rules.js';
import type { RuleValues } from './rules.js';
import type { Card } from './state.js';
import { StripeFailure } from './stripe-failure.js';
import type { Address } from './tax-state.js';
import { catchUp } from './timeline.js';
import type { Webhooks } from './webhooks.js';
import type { CallGate } from './wire/call-gate.js';
import type { Answer } from './wire/idempotency.js';
import { serialize } from './world.js';
import type { World } from './world.js';

interface ControlParts {
  readonly world: World;
  readonly clock: DoubleClock;
  readonly faults: Faults;
  readonly webhooks: Webhooks;
  readonly gate: CallGate;
}

type Body = Readonly<Record<string, unknown>>;

/** The switches beside Stripe's API: clock, faults, rules, cards, and what happened, for tests and demonstrations. */
export class Control {
  constructor(private readonly parts: ControlParts) {}

  async answer(method: string, url: string, text: string, base: string): Promise<Answer> {
    const { pathname, searchParams } = new URL(url, base);
    const what = `${method} ${pathname.slice('/_control'.length)}`;
    try {
      const body = (text === '' ? {} : JSON.parse(text)) as Body;
      const done = await this.#answer(what, body, searchParams, base);
      return typeof done === 'string' ? { status: 200, body: done, headers: {} } : { status: 200, body: serialize(done), headers: {} };
    } catch (error) {
      if (error instanceof StripeFailure) return { status: error.status, body: serialize(error.body()), headers: {} };
      return { status: 400, body: JSON.stringify({ error: (error as Error).message }), headers: {} };
    }
  }

  async #answer(what: string, body: Body, query: URLSearchParams, base: string): Promise<unknown> {
    const { world, clock, faults, webhooks, gate } = this.parts;
    const id = what.split('/').at(-1) ?? '';
    if (what === 'GET /clock') return { nowMs: clock.nowMs() };
    if (what === 'POST /clock/advance') return this.#advance(body);
    if (what === 'POST /clock/jump') return this.#jump(Number(body['toMs']));
    if (what === 'GET /rules') return { evidence: rules, values: world.rules };
    if (what === 'POST /rules') return this.#setRules(body);
    if (what === 'POST /faults') return this.#plan(body);
    if (what === 'DELETE /faults') return faults.clear(), {};
    if (what === 'POST /faults/webhooks') return Object.assign(faults.webhooks, body as Partial<WebhookFaults>);
    if (what === 'GET /deliveries') return { deliveries: webhooks.deliveries };
    if (what === 'POST /deliveries/idle') return webhooks.idle().then(() => ({}));
    if (what.startsWith('POST /deliveries/resend/')) return webhooks.resend(id).then(() => ({}));
    if (what === 'GET /calls') return { refusedConcurrent: gate.refused };
    if (what.startsWith('POST /cards/')) return this.#setCard(id, body['card'] as Card);
    if (what.startsWith('POST /checkout/')) return this.#complete(id, givenOf((name) => body[name] as string | undefined), base);
    if (what.startsWith('GET /checkout/')) return this.#checkoutPage(id, query, base);
    if (what.startsWith('GET /portal/')) return this.#portalPage(id, query);
    if (what.startsWith('POST /refunds/')) return this.#failRefund(id);
    if (what === 'GET /usage') return this.#usage(query);
    if (what === 'POST /usage/forget') return this.#forget(String(body['customer'] ?? ''));
    throw new StripeFailure(404, 'invalid_request_error', `The double has no switch ${what}.`);
  }

  /** Step by step through what comes due, webhooks after each step, so that a receiver lives through the same order. */
  async #advance(body: Body): Promise<object> {
    const { world, clock, webhooks } = this.parts;
    const to = body['toMs'] === undefined ? clock.nowMs() + Number(body['byMs']) : Number(body['toMs']);
    if (!Number.isFinite(to)) throw new Error('say toMs or byMs');
    clock.advanceTo(to);
    catchUp(world);
    if (body['wait'] !== false) await webhooks.idle();
    return { nowMs: clock.nowMs() };
  }

  #jump(toMs: number): object {
    if (!Number.isFinite(toMs)) throw new Error('say toMs');
    this.parts.clock.jumpTo(toMs);
    return { nowMs: this.parts.clock.nowMs() };
  }

  #setRules(body: Body): object {
    const known = Object.keys(rules);
    const unknown = Object.keys(body).filter((name) => !known.includes(name));
    if (unknown.length > 0) throw new Error(`no rule ${unknown.join(', ')}`);
    return Object.assign(this.parts.world.rules, body as Partial<RuleValues>);
  }

  #plan(body: Body): object {
    const kind = faultKinds.find((one) => one === body['kind']);
    if (!kind) throw new Error(`kind must be one of ${faultKinds.join(', ')}`);
    const fault = {
      kind: kind as FaultKind, operation: String(body['operation'] ?? ''), containing: String(body['containing'] ?? ''), times: Number(body['times'] ?? 1), probability: Number(body['probability'] ?? 1),
      delayMs: Number(body['delayMs'] ?? 0),
    };
    this.parts.faults.plan(fault);
    return fault;
  }

  #setCard(customer: string, card: Card): object {
    if (!['none', 'good', 'declined'].includes(card)) throw new Error('card must be none, good or declined');
    this.parts.world.customers.get(customer).card = card;
    return { customer, card };
  }

  async #complete(id: string, given: Given, base: string): Promise<object> {
    const session = completeCheckout(this.parts.world, id, given, base);
    await this.parts.webhooks.idle();
    return { id: session.id, subscription: session.subscription };
  }

  async #checkoutPage(id: string, query: URLSearchParams, base: string): Promise<string> {
    const { world } = this.parts;
    const session = world.checkouts.get(id);
    if (query.get('card') === null) {
      const places = session.collectsAddress ? world.rules.taxRates.flatMap(({ country }) => [[`Pay from ${country} with a card that works`, `?card=good&country=${country}`] as const, ...(country === 'DE' ? [['Pay as a business in DE, with a tax id', '?card=good&country=DE&vat=DE123456789'] as const] : [])]) : [['Pay with a card that works', '?card=good'] as const];
      return page('Checkout', [...places, ['Use a card that is declined later', '?card=declined'], ['Cancel', session.cancelUrl ?? '#']]);
    }
    await this.#complete(id, givenOf((name) => query.get(name) ?? undefined), base);
    return page('Thank you', [['Back', session.successUrl ?? '#']]);
  }

  #portalPage(customer: string, query: URLSearchParams): string {
    const { world } = this.parts;
    const row = world.customers.get(customer);
    const { card, country, vat } = Object.fromEntries(query);
    if (card !== undefined) this.#setCard(customer, card as Card);
    if (country !== undefined) row.address = addressIn(country);
    if (vat !== undefined) addTaxId(world, row, 'eu_vat', vat);
    return page(`Payment method: ${row.card}; address: ${row.address?.country ?? 'none'}; tax ids: ${row.taxIds.map(({ value }) => value).join(', ') || 'none'}`, [
      ['Use a card that works', '?card=good'], ['Use a card that is declined', '?card=declined'], ...world.rules.taxRates.map(({ country: place }) => [`Move to ${place}`, `?country=${place}`] as const), ['Give the tax id DE123456789', '?vat=DE123456789'],
    ]);
  }

  /** The bank sends it back days later (docs.stripe.com/refunds#failed-refunds). */
  #failRefund(id: string): object {
    const { world } = this.parts;
    const refund = world.refunds.get(id);
    refund.failed = true;
    world.emit('refund.failed', refundView(refund));
    return { id };
  }

  /** Loses every event of a customer that was taken until now, without a word. */
  #forget(customer: string): object {
    const lost = this.parts.world.meterEvents.filter((event) => event.customer === customer && !event.cancelled);
    for (const event of lost) event.cancelled = true;
    return { events: lost.length };
  }

  /** Hours of a customer and an event name, as they would be billed now. */
  #usage(query: URLSearchParams): object {
    const { world } = this.parts;
    const meter = world.meters.all().find((row) => row.eventName === query.get('event_name'));
    if (!meter) return { hours: [] };
    return { hours: [...windowsOf(world, meter, query.get('customer') ?? '', 0, Infinity)].map(([at, value]) => ({ at, value: String(value) })) };
  }
}

/** `card`, and where it is asked for: `country`, `vat`. */
function givenOf(read: (name: string) => string | undefined): Given {
  const country = read('country');
  return { card: read('card') === 'declined' ? 'declined' : 'good', address: country === undefined ? null : addressIn(country), vatId: read('vat') ?? null };
}

function addressIn(country: string): Address {
  return { city: 'Anytown', country, line1: '1 Main Street', line2: null, postal_code: country === 'US' ? '97712' : '10115', state: null };
}

function page(title: string, links: readonly (readonly [string, string])[]): string {
  const text = (value: string): string => value.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return `<!doctype html><meta charset="utf-8"><title>Stripe double</title><h1>${text(title)}</h1><p>This is the Stripe double of a demonstration. No money moves.</p><ul>${links
    .map(([label, href]) => `<li><a href="${text(href)}">${text(label)}</a></li>`)
    .join('')}</ul>`;
}
