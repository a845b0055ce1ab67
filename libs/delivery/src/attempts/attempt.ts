import type { AttemptId, SubscriptionId } from '@waybill/kernel';
import type { Outcome } from '../destination.js';

/** One message in one call to a destination. */
export interface Attempt {
  readonly id: AttemptId;
  readonly subscriptionId: SubscriptionId;
  readonly messageId: string;
  /** 1 for the first. Calls that were refused before they left count among them, and cost nothing. */
  readonly attempt: number;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly outcome: Outcome;
  /** Of the answer; null when none came. */
  readonly status: number | null;
  /** Stable word where there is no status to tell: `timeout`, `connection_refused`, … */
  readonly reason: string | null;
  /** What the destination calls the request. */
  readonly requestId: string | null;
  /** First bytes of the answer: 4 KiB of a failure, {@link deliveredHeadBytes} of a success. */
  readonly head: Uint8Array;
  /** Place of the message in its call, from 0, and how many the call carried: the first one stands for the call. */
  readonly batchIndex: number;
  readonly batchMessages: number;
}

/** Of a successful answer only so much is kept: it says that it was taken, and there are many. */
export const deliveredHeadBytes = 256;
