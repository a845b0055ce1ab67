import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Faults } from './faults.js';
import { snapshotView, thinView } from './resources/events.js';
import type { Destination, StripeEvent } from './state.js';
import { serialize } from './world.js';
import type { World } from './world.js';

export interface Delivery {
  readonly event: string;
  readonly type: string;
  readonly destination: string;
  readonly status: number | 'lost' | 'unreachable';
}

/** `t=<seconds>,v1=<HMAC-SHA256 of "t.body">` (docs.stripe.com/webhooks#verify-manually). */
export function signature(body: string, secret: string, atS: number): string {
  return `t=${atS},v1=${createHmac('sha256', secret).update(`${atS}.${body}`).digest('hex')}`;
}

/**
 * Sends events to their destinations, signed; lost, doubled, shuffled, late or wrongly signed as the faults say, all by
 * the seed. The signature carries real time, whatever the double's clock says: the receiver checks it against its own.
 */
export class Webhooks {
  readonly deliveries: Delivery[] = [];
  #waiting: StripeEvent[] = [];
  #sending: Promise<void> | null = null;

  constructor(
    private readonly world: World,
    private readonly faults: Faults,
    private readonly apiVersion: string,
  ) {}

  /** Sent after the call under way has been answered. */
  take(event: StripeEvent): void {
    this.#waiting.push(event);
    this.#sending ??= this.#send();
  }

  /** Resolves when nothing is on its way. */
  async idle(): Promise<void> {
    while (this.#sending !== null) await this.#sending;
  }

  /** Sends an event once more, as a person may in the dashboard. */
  async resend(id: string): Promise<void> {
    this.take(this.world.events.get(id));
    await this.idle();
  }

  async #send(): Promise<void> {
    try {
      await sleep(this.faults.webhooks.delayMs);
      while (this.#waiting.length > 0) {
        const batch = this.#ordered(this.#waiting.splice(0));
        for (const event of batch) for (const to of this.#destinations(event)) await this.#deliver(event, to);
      }
    } finally {
      this.#sending = this.#waiting.length > 0 ? this.#send() : null;
    }
  }

  #ordered(events: StripeEvent[]): StripeEvent[] {
    const { duplicated, shuffled } = this.faults.webhooks;
    const all = events.flatMap((event) => (this.world.random() < duplicated ? [event, event] : [event]));
    return shuffled ? all.map((event) => ({ event, key: this.world.random() })).sort((a, b) => a.key - b.key).map(({ event }) => event) : all;
  }

  #destinations(event: StripeEvent): Destination[] {
    const wants = (to: Destination): boolean => to.events.includes('*') || to.events.includes(event.type) || to.events.includes(`v1.${event.type}`);
    return this.world.destinations.where((to) => to.enabled && wants(to) && (event.thin ? to.payload === 'thin' : to.payload === 'snapshot' || to.events.includes(`v1.${event.type}`)));
  }

  async #deliver(event: StripeEvent, to: Destination): Promise<void> {
    const { lost, wrongSignature, attempts } = this.faults.webhooks;
    const note = (status: Delivery['status']): void => void this.deliveries.push({ event: event.id, type: event.type, destination: to.id, status });
    if (this.world.random() < lost) return note('lost');
    // A receiver lives in the machine's time or, in a demonstration, in the double's, which is never behind it.
    const nowMs = (): number => Math.max(Date.now(), this.world.clock.nowMs());
    const body = serialize(to.payload === 'thin' ? thinView(event) : snapshotView(event, this.apiVersion));
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const secret = this.world.random() < wrongSignature ? 'whsec_wrong' : to.secret;
      const answer = await fetch(to.url, {
        method: 'POST', body, headers: { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature(body, secret, Math.floor(nowMs() / 1000)) }, signal: AbortSignal.timeout(10_000),
      }).catch(() => null);
      await answer?.arrayBuffer().catch(() => undefined);
      note(answer?.status ?? 'unreachable');
      if (answer?.ok) return;
    }
  }
}
