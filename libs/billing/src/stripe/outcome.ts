import Stripe from 'stripe';
import { WaybillError } from '@waybill/kernel';

/** What a failed call means for who made it (billing.md §6, result table). */
export type Failure =
  /** Stripe has it already, under this identifier. */
  | { readonly kind: 'duplicate'; readonly requestId: string | null }
  /** Not carried out, or nobody knows: the same again later. */
  | { readonly kind: 'again'; readonly reason: string; readonly limited: boolean }
  /** The same again would be refused again: a person must look. */
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string; readonly requestId: string | null };

/** Rethrows what did not come from Stripe. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  const { statusCode, message } = error;
  const requestId = error.requestId ?? null;
  if (statusCode === undefined) return { kind: 'again', reason: message, limited: false };
  if (statusCode === 429) return { kind: 'again', reason: message, limited: true };
  if (statusCode >= 500 || statusCode === 409) return { kind: 'again', reason: `${statusCode}: ${message}`, limited: false };
  // Langfuse took this refusal for a failure and stalled its whole job (langfuse/langfuse#16251).
  if (statusCode === 400 && /already exists with identifier/.test(message)) return { kind: 'duplicate', requestId };
  return { kind: 'refused', code: error.code ?? `http_${statusCode}`, reason: message, requestId };
}

/** Whether an object is gone, or was never there. */
export function isMissing(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeError && error.code === 'resource_missing';
}

/** Waits 2, 4, 8 … s, ten minutes at most, plus up to a quarter so that calls do not come back together. */
export function retryAfterMs(attempts: number, random: () => number = Math.random): number {
  const baseMs = Math.min(2 ** Math.min(attempts, 10) * 1_000, 600_000);
  return Math.round(baseMs * (1 + random() / 4));
}

/** For a person who waits: fails with `stripe_unavailable` where the same call may work later. */
export async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof WaybillError) throw error;
    if (failureOf(error).kind === 'again') throw new WaybillError('stripe_unavailable', {}, { cause: error });
    throw error;
  }
}
