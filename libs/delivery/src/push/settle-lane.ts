import type { PushRef, PushSettled, PushSettlement } from '@waybill/broker';
import type { AttemptFacts } from '../attempts/attempt.js';
import { encodeAttempts } from '../attempts/attempt-entry.js';
import type { PushParts } from './push-ports.js';

/** What came of a call, or of giving messages back without one. */
export interface Result {
  readonly settlements: readonly PushSettlement[];
  readonly attempts: readonly AttemptFacts[];
  /** Whether a call left, and is counted. */
  readonly called: boolean;
}

/** Settlements in one script call. */
const mostAtOnce = 256;
/** After a call of so many, more are worth waiting for: a script call has its own price, and one write to the disk of Redis. */
const manyAtOnce = 24;
const gatherMs = 20;
const retryMs = [50, 100, 250, 500, 1_000, 2_000];

/**
 * Results of one subscription on their way to the store: one script call at a time, and what comes meanwhile goes with the
 * next. A call whose answer was lost is repeated under its id until the store answers; nothing overtakes it.
 */
export class SettleLane {
  readonly #waiting: Result[] = [];
  #sending: Promise<void> | undefined;
  #calls = 0;
  #held = 0;
  #state: string | null = null;
  #closed = false;
  #enough: (() => void) | undefined;

  constructor(
    private readonly ref: PushRef,
    private readonly run: number,
    private readonly parts: Pick<PushParts, 'queues' | 'logger'>,
    private readonly onSettled: (settled: PushSettled, settlements: readonly PushSettlement[]) => void,
  ) {}

  /** Settlements that the store has not answered. */
  get pending(): number {
    return this.#held;
  }

  /** Goes with the next call; `state` null keeps the one before. */
  add(result: Result, state: string | null = null): void {
    this.#waiting.push(result);
    this.#held += result.settlements.length;
    if (state !== null) this.#state = state;
    this.#sending ??= this.#send();
    if (this.#enough !== undefined && this.#held >= mostAtOnce) this.#enough();
  }

  /** Resolves when everything was answered. */
  async drained(): Promise<void> {
    while (this.#sending !== undefined) await this.#sending;
  }

  /** Gives up repeating: the process ends, and the leases with it. */
  close(): void {
    this.#closed = true;
  }

  async #send(): Promise<void> {
    // What else ends in this turn of the event loop goes along.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const results = this.#next();
      const beganMs = performance.now();
      const settlements = results.flatMap((result) => result.settlements);
      const attempts = results.flatMap((result) => result.attempts);
      const state = this.#state;
      this.#state = null;
      this.#calls += 1;
      const settled = await this.#untilAnswered({
        id: `${this.run}:${this.#calls}`, calls: results.filter(({ called }) => called).length, attempts: attempts.length === 0 ? '' : encodeAttempts(attempts), state, settlements,
      });
      this.#held -= settlements.length;
      if (settled === undefined) break;
      this.onSettled(settled, settlements);
      if (settlements.length >= manyAtOnce) await this.#gather(beganMs + gatherMs);
    }
    this.#sending = undefined;
  }

  /** Waits until a moment by `performance.now()`, but no longer than for a full call. */
  async #gather(untilMs: number): Promise<void> {
    const waitMs = untilMs - performance.now();
    if (waitMs < 1 || this.#held >= mostAtOnce || this.#waiting.length === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#enough = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#enough = undefined;
  }

  #next(): Result[] {
    let settlements = 0;
    let count = 0;
    while (count < this.#waiting.length && (count === 0 || settlements + this.#waiting[count]!.settlements.length <= mostAtOnce)) {
      settlements += this.#waiting[count]!.settlements.length;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #untilAnswered(report: Parameters<PushParts['queues']['settle']>[1]): Promise<PushSettled | undefined> {
    for (let failed = 0; ; failed += 1) {
      try {
        return await this.parts.queues.settle(this.ref, report);
      } catch (error) {
        const facts = { subscriptionId: this.ref.subscriptionId, namespaceId: this.ref.queue.ns, settlements: report.settlements.length, calls: report.calls, error: error as Error };
        if (this.#closed) {
          this.parts.logger.error('push.settle_given_up', facts);
          return undefined;
        }
        this.parts.logger.warn('push.settle_failed', facts);
        await new Promise((resolve) => setTimeout(resolve, retryMs[Math.min(failed, retryMs.length - 1)]));
      }
    }
  }
}
