import type { Secret } from '@waybill/kernel';
import Stripe from 'stripe';

export interface StripeOptions {
  readonly secretKey: Secret;
  /** Another place than Stripe's own hosts, `http://127.0.0.1:12111`; null for Stripe. */
  readonly apiBase: string | null;
}

/** Above this a call counts as of unknown outcome, ms; every call here may be repeated. */
const timeoutMs = 20_000;

/**
 * The SDK, pinned to its own API version. It repeats a call twice at most, under the same idempotency key; whoever calls
 * repeats afterwards in its own time. One `host` redirects every kind of call, meter events too.
 */
export function openStripe({ secretKey, apiBase }: StripeOptions): Stripe {
  const common: Stripe.StripeConfig = { maxNetworkRetries: 2, timeout: timeoutMs, telemetry: false, appInfo: { name: 'Waybill' } };
  if (apiBase === null) return new Stripe(secretKey.reveal(), common);
  const { hostname, port, protocol } = new URL(apiBase);
  const secure = protocol === 'https:';
  return new Stripe(secretKey.reveal(), { ...common, host: hostname, port: port === '' ? (secure ? 443 : 80) : Number(port), protocol: secure ? 'https' : 'http' });
}
