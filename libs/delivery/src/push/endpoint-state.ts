import { crc32 } from 'node:zlib';
import type { Answer } from '../destination.js';
import type { Subscription } from '../subscription.js';
import { answerText } from './schedule.js';

/** How a destination does. Kept in Redis with the subscription, so that the next worker goes on with it. Moments are ms since the epoch. */
export interface EndpointState {
  /** Of the settings it holds for: a destination that was changed starts anew. */
  readonly settings: string;
  /** Failed calls in a row. */
  readonly failures: number;
  /** First failure since the last success; null while it succeeds. */
  readonly failingSinceMs: number | null;
  readonly lastFailureMs: number;
  /** No call before this moment; then one at a time until one succeeds. 0: the circuit is closed. */
  readonly openUntilMs: number;
  /** No call before this moment, because the destination asked. */
  readonly holdUntilMs: number;
  /** Calls at once, while it asked for fewer; null for the subscription's own limit. */
  readonly pace: number | null;
  /** When it was slowed down last; calls begun before do not slow it down again. */
  readonly pacedAtMs: number;
  /** Of the way to being disabled: 0, 50, 70, 90, 100. */
  readonly alerted: number;
  /** Whether the definition says that it is failing. */
  readonly reported: boolean;
  readonly lastAnswer: string;
}

/** Longest time for which a destination may hold back all its calls by one answer. */
export const longestHoldMs = 3_600_000;
/** Without a Retry-After. */
const defaultHoldMs = 1_000;
/** After so long without a call, a failure is not the continuation of the one before. */
const quietMs = 86_400_000;
const steps = [50, 70, 90, 100] as const;

/** What the state of a destination holds for. */
type Destination = Pick<Subscription, 'kind' | 'settings'>;

const keyOf = ({ kind, settings }: Destination): string => crc32(kind + JSON.stringify(settings)).toString(36);

export function freshState(subscription: Destination): EndpointState {
  return {
    settings: keyOf(subscription), failures: 0, failingSinceMs: null, lastFailureMs: 0, openUntilMs: 0, holdUntilMs: 0, pace: null, pacedAtMs: 0, alerted: 0, reported: false, lastAnswer: '',
  };
}

export const encodeState = (state: EndpointState): string => JSON.stringify(state);

/**
 * The state a worker left, as far as it holds for the subscription as it is now: other settings start anew, and so does one
 * that was disabled and is active again.
 */
export function stateFor(subscription: Destination, text: string | null): EndpointState {
  const fresh = freshState(subscription);
  if (text === null) return fresh;
  const kept = { ...fresh, ...(JSON.parse(text) as Partial<EndpointState>) };
  if (kept.alerted === 100) return { ...fresh, reported: kept.reported };
  return kept.settings === fresh.settings ? kept : { ...kept, settings: fresh.settings, failures: 0, openUntilMs: 0, holdUntilMs: 0, pace: null };
}

/** The state after the answer to a call that began at `startedAtMs`. */
export function afterAnswer(state: EndpointState, { delivery }: Pick<Subscription, 'delivery'>, answer: Answer, startedAtMs: number, nowMs: number): EndpointState {
  switch (answer.outcome) {
    case 'delivered':
      if (isHealthy(state)) return state;
      return {
        ...state, failures: 0, failingSinceMs: null, openUntilMs: 0, alerted: 0,
        pace: state.pace === null || state.pace + 1 / state.pace >= delivery.concurrency ? null : state.pace + 1 / state.pace,
      };
    case 'rejected':
    case 'gone':
      // It answers, though not as we wish: the circuit has nothing to protect.
      return state.failures === 0 ? state : { ...state, failures: 0, openUntilMs: 0 };
    case 'failed':
    case 'refused':
    case 'slow_down': {
      const quiet = state.failingSinceMs === null || nowMs - state.lastFailureMs > quietMs;
      const failures = state.failures + 1;
      const failed: EndpointState = {
        ...state, failures, lastFailureMs: nowMs, lastAnswer: answerText(answer),
        failingSinceMs: quiet ? nowMs : state.failingSinceMs, alerted: quiet ? 0 : state.alerted,
        openUntilMs: failures >= delivery.circuitFailures ? nowMs + delivery.circuitOpenMs : 0,
      };
      return answer.outcome === 'slow_down' ? slowedDown(failed, delivery.concurrency, answer.retryAfterMs, startedAtMs, nowMs) : failed;
    }
  }
}

function slowedDown(state: EndpointState, concurrency: number, retryAfterMs: number | null, startedAtMs: number, nowMs: number): EndpointState {
  const holdUntilMs = Math.max(state.holdUntilMs, nowMs + Math.min(retryAfterMs ?? defaultHoldMs, longestHoldMs));
  if (startedAtMs < state.pacedAtMs) return { ...state, holdUntilMs };
  return { ...state, holdUntilMs, pace: Math.max(1, Math.floor((state.pace ?? concurrency) / 2)), pacedAtMs: nowMs };
}

const isHealthy = (state: EndpointState): boolean => state.failures === 0 && state.failingSinceMs === null && state.pace === null && state.openUntilMs === 0;

/** Calls that may be under way at once now, and when to ask again if there may be none: ms since the epoch. */
export function callsAllowed(state: EndpointState, concurrency: number, nowMs: number): { readonly calls: number; readonly fromMs: number } {
  const fromMs = Math.max(state.openUntilMs, state.holdUntilMs);
  if (nowMs < fromMs) return { calls: 0, fromMs };
  if (state.openUntilMs > 0) return { calls: 1, fromMs };
  return { calls: Math.min(concurrency, Math.floor(state.pace ?? concurrency)), fromMs };
}

/** The highest alert that is due and was not raised; null when there is none. Only a failure raises one. */
export function alertDue({ failingSinceMs, alerted }: EndpointState, disableAfterMs: number, nowMs: number): (typeof steps)[number] | null {
  if (failingSinceMs === null) return null;
  const percent = ((nowMs - failingSinceMs) / disableAfterMs) * 100;
  return steps.findLast((step) => step <= percent && step > alerted) ?? null;
}

/** `open`: nothing is sent; `half_open`: one call at a time, until one succeeds. */
export type Circuit = 'closed' | 'open' | 'half_open';

export function circuitOf({ openUntilMs }: EndpointState, nowMs: number): Circuit {
  if (openUntilMs === 0) return 'closed';
  return openUntilMs > nowMs ? 'open' : 'half_open';
}
