import type { AttemptId, SubscriptionId } from '@waybill/kernel';
import type { Outcome } from '../destination.js';
import type { DecodedEntry } from './attempt-entry.js';

/** One message in one call to a destination. */
export interface AttemptFacts {
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

/** The same as it is stored and read. */
export interface Attempt extends AttemptFacts {
  readonly id: AttemptId;
  readonly subscriptionId: SubscriptionId;
}

/** Attempts of one subscription that one script settled and counted, on their way into the database. */
export interface SettledEntry extends DecodedEntry {
  readonly subscriptionId: SubscriptionId;
  /** The moment of the script, ms. */
  readonly countedAtMs: number;
}

/** One of them that is stored alone. */
export interface SettledAttempt extends Attempt {
  /** Where it stands for a call that was counted: by which moment, that of the script that counted it, ms. */
  readonly countedAtMs: number | null;
}

/** A call is counted once, whatever it carried, and not at all when it was refused before it left (billing.md §4, D6). */
export const isCounted = ({ batchIndex, outcome }: AttemptFacts): boolean => batchIndex === 0 && outcome !== 'refused';

/** Of a successful answer only so much is kept: it says that it was taken, and there are many. */
export const deliveredHeadBytes = 256;
