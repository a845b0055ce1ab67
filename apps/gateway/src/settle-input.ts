import { parseReceipt, retryDelayMs } from '@waybill/broker';
import type { QueueRef, Receipt, RetryPolicy, SettleOutcome, Settlement } from '@waybill/broker';
import { problemOf, settle } from '@waybill/contracts';
import type { Parsed, Reply } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import { splitReceipt } from './stream-mark.js';
import type { StreamMark } from './stream-mark.js';

export type SettleRequest = Parsed<typeof settle>['body'];
export type SettleResult = Reply<typeof settle>['results'][number];

/** One receipt and what is to be done with it. */
export interface Asked {
  /** As it was sent. */
  readonly text: string;
  readonly receipt: string;
  /** Of the stream it was given out through. */
  readonly mark?: StreamMark;
  /** Or why the receipt cannot be settled at all. */
  readonly settlement: Settlement | WaybillError;
}

/** What is asked for, in the order accept, release, reject, extend, defer. `retry`: the queue's, for releases without a delay of their own. */
export function settlementsOf(queue: QueueRef, retry: RetryPolicy | undefined, { accept, release, reject, extend, defer }: SettleRequest): Asked[] {
  const ask = (text: string, build: (receipt: Receipt) => Settlement): Asked => {
    const named = splitReceipt(text);
    try {
      return { text, ...named, settlement: build(parseReceipt(queue.id, named.receipt)) };
    } catch (error) {
      if (error instanceof WaybillError) return { text, ...named, settlement: error };
      throw error;
    }
  };
  const pauseMs = (seconds: number | undefined, { deliveries }: Receipt): number =>
    seconds === undefined ? retryDelayMs(retry, deliveries, Math.random()) : Math.round(seconds * 1000);
  return [
    ...accept.map((text) => ask(text, (receipt) => ({ action: 'accept', receipt }))),
    ...release.map(({ receipt: text, delaySeconds }) => ask(text, (receipt) => ({ action: 'release', receipt, delayMs: pauseMs(delaySeconds, receipt) }))),
    ...reject.map(({ receipt: text, reason }) => ask(text, (receipt) => ({ action: 'reject', receipt, reason }))),
    ...extend.map(({ receipt: text, leaseSeconds }) => ask(text, (receipt) => ({ action: 'extend', receipt, leaseMs: leaseSeconds * 1000 }))),
    ...defer.map(({ receipt: text, key, returnAfterSeconds }) => ask(text, (receipt) => ({ action: 'defer', receipt, key, returnMs: returnAfterSeconds * 1000 }))),
  ];
}

const failed = (receipt: string, error: WaybillError): SettleResult => ({ receipt, outcome: 'failed', problem: problemOf(error) });

/** One result per receipt, in the order asked. `outcomes`: of those that could be sent to the store. */
export function resultsOf(asked: readonly Asked[], outcomes: readonly SettleOutcome[]): SettleResult[] {
  let next = 0;
  return asked.map(({ text: receipt, settlement }) => {
    if (settlement instanceof WaybillError) return failed(receipt, settlement);
    const done = outcomes[next++] as SettleOutcome;
    if (done.outcome === 'lease_lost' || done.outcome === 'deferred_key_taken') return failed(receipt, new WaybillError(done.outcome));
    if (done.outcome === 'extended') return { receipt, outcome: done.outcome, leaseUntil: new Date(done.deadlineMs).toISOString() };
    return { receipt, outcome: done.outcome };
  });
}
