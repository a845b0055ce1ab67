import { afterEach } from '@jest/globals';
import Stripe from 'stripe';
import { startDouble } from '../double.js';
import type { DoubleOptions, RunningDouble } from '../double.js';
import { contractFile } from './contract-file.js';

export interface Doubled {
  readonly double: RunningDouble;
  readonly stripe: Stripe;
  /** A switch of the double, `control('clock/advance', {byMs})`. */
  readonly control: (what: string, body?: object, method?: string) => Promise<Record<string, unknown>>;
}

const running: RunningDouble[] = [];
const crashes: Error[] = [];

afterEach(async () => {
  for (const double of running.splice(0)) await double.close();
  const [crash] = crashes.splice(0);
  if (crash) throw crash;
});

/** A double with a held clock, and the real SDK pointed at it. An answer that breaks the contract fails the test. */
export async function withDouble(options: DoubleOptions = {}, sdk: Stripe.StripeConfig = {}): Promise<Doubled> {
  const double = await startDouble({ contractFile, heldAtMs: Date.UTC(2026, 9, 1), onCrash: (error) => crashes.push(error), ...options });
  running.push(double);
  const { hostname, port } = new URL(double.url);
  const stripe = new Stripe('sk_test_double', { host: hostname, port, protocol: 'http', telemetry: false, maxNetworkRetries: 0, timeout: 20_000, ...sdk });
  const control: Doubled['control'] = async (what, body = {}, method = 'POST') => {
    const answer = await fetch(`${double.url}/_control/${what}`, { method, ...(method === 'GET' ? {} : { body: JSON.stringify(body) }) });
    const told = (await answer.json()) as Record<string, unknown>;
    if (!answer.ok) throw new Error(JSON.stringify(told));
    return told;
  };
  return { double, stripe, control };
}

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
