import type { Answer } from '../destination.js';
import type { DeliverySettings } from '../subscription.js';

/** Longest wait a destination may ask for between two attempts of a message. */
export const longestRetryAfterMs = 86_400_000;

/** What becomes of a message after a call that did not deliver it. */
export type NextStep = { readonly step: 'again'; readonly delayMs: number } | { readonly step: 'dead'; readonly reason: string };

/**
 * `attempts`: of the message so far, at least 1. Jitter takes up to its share off a delay or adds it, so that retries do not
 * come in waves; a Retry-After is never cut short by it. `random` is in [0, 1).
 */
export function nextStep({ scheduleMs, jitter }: Pick<DeliverySettings, 'scheduleMs' | 'jitter'>, attempts: number, answer: Answer, random: number): NextStep {
  const delay = scheduleMs[attempts];
  if (answer.outcome === 'rejected') return { step: 'dead', reason: `rejected:${answerText(answer)}` };
  if (delay === undefined) return { step: 'dead', reason: `delivery_failed:${answerText(answer)}` };
  const jittered = Math.round(delay * (1 + jitter * (2 * random - 1)));
  return { step: 'again', delayMs: Math.max(0, jittered, Math.min(answer.retryAfterMs ?? 0, longestRetryAfterMs)) };
}

/** Status or stable word: the reason in the dead letters, in alerts and in logs. */
export function answerText({ status, reason }: Pick<Answer, 'status' | 'reason'>): string {
  return reason ?? (status === null ? 'unknown' : String(status));
}

/** How long a message waits for its first attempt, when the schedule has a delay for it. */
export function firstDelayMs({ scheduleMs }: Pick<DeliverySettings, 'scheduleMs'>, publishedAtMs: number, nowMs: number): number {
  const delay = scheduleMs[0] ?? 0;
  return delay === 0 ? 0 : Math.max(0, publishedAtMs + delay - nowMs);
}
