import { parseReceipt } from '@waybill/broker';
import type { QueueRef, SettleOutcome, Settlement } from '@waybill/broker';
import { problemOf, settle } from '@waybill/contracts';
import type { Parsed, Reply } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';

type Request = Parsed<typeof settle>['body'];
type Result = Reply<typeof settle>['results'][number];

interface Asked {
  readonly receipt: string;
  /** Or why the receipt cannot be settled at all. */
  readonly settlement: Settlement | WaybillError;
}

/** What is asked for, in the order accept, release, reject, extend. */
export function settlementsOf(queue: QueueRef, { accept, release, reject, extend }: Request): Asked[] {
  const ask = (text: string, build: (receipt: ReturnType<typeof parseReceipt>) => Settlement): Asked => {
    try {
      return { receipt: text, settlement: build(parseReceipt(queue.id, text)) };
    } catch (error) {
      if (error instanceof WaybillError) return { receipt: text, settlement: error };
      throw error;
    }
  };
  return [
    ...accept.map((text) => ask(text, (receipt) => ({ action: 'accept', receipt }))),
    ...release.map(({ receipt: text, delaySeconds }) => ask(text, (receipt) => ({ action: 'release', receipt, delayMs: delaySeconds * 1000 }))),
    ...reject.map(({ receipt: text, reason }) => ask(text, (receipt) => ({ action: 'reject', receipt, reason }))),
    ...extend.map(({ receipt: text, leaseSeconds }) => ask(text, (receipt) => ({ action: 'extend', receipt, leaseMs: leaseSeconds * 1000 }))),
  ];
}

const failed = (receipt: string, error: WaybillError): Result => ({ receipt, outcome: 'failed', problem: problemOf(error) });

/** One result per receipt, in the order asked. */
export function resultsOf(asked: readonly Asked[], outcomes: readonly SettleOutcome[]): Result[] {
  let next = 0;
  return asked.map(({ receipt, settlement }) => {
    if (settlement instanceof WaybillError) return failed(receipt, settlement);
    const done = outcomes[next++] as SettleOutcome;
    if (done.outcome === 'lease_lost') return failed(receipt, new WaybillError('lease_lost'));
    if (done.outcome === 'extended') return { receipt, outcome: done.outcome, leaseUntil: new Date(done.deadlineMs).toISOString() };
    return { receipt, outcome: done.outcome };
  });
}
