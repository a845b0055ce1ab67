import { StripeFailure } from '../stripe-failure.js';
import type { World } from '../world.js';

/** One call at a time for a customer and a meter; a second one is refused with 429 and counted. */
export class CallGate {
  readonly #open = new Set<string>();
  /** Calls that came while another of their customer and meter was under way. */
  refused = 0;

  constructor(private readonly world: World) {}

  /** What to call when it has been answered. Throws StripeFailure 429. */
  enter(operation: string, params: Readonly<Record<string, unknown>>): () => void {
    if (!/\/billing\/meter_events$/.test(operation) || !this.world.rules.oneCallPerCustomerAndMeter) return () => undefined;
    const payload = (params['payload'] ?? {}) as Record<string, unknown>;
    const key = `${String(payload['stripe_customer_id'])} ${String(params['event_name'])}`;
    if (this.#open.has(key)) {
      this.refused += 1;
      throw new StripeFailure(429, 'rate_limit_error', 'One concurrent call per customer per meter.', { code: 'rate_limit' });
    }
    this.#open.add(key);
    return () => void this.#open.delete(key);
  }
}
