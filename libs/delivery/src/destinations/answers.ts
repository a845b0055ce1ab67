import type { Answer, Outcome } from '../destination.js';

const nothing = new Uint8Array(0);

/** An answer of a call that brought none. What the guard refused counts as not called. */
export function withoutAnswer(reason: string, outcome: Outcome = reason.startsWith('egress_') ? 'refused' : 'failed'): Answer {
  return { outcome, status: null, reason, head: nothing, requestId: null, retryAfterMs: null };
}
