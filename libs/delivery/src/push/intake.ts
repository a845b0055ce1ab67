import type { Delivery, PushRef } from '@waybill/broker';
import { WaybillError } from '@waybill/kernel';
import type { DeliverySettings } from '../subscription.js';
import type { Held, HeldMessages } from './held-messages.js';
import type { PushParts } from './push-ports.js';

/** Over the time-out of a call: until the answer is settled, however slow the store is. */
const leaseMarginMs = 10_000;
const lookAgainMs = 1_000;

export type Taken = 'some' | 'none' | 'superseded' | 'queue_gone' | 'store_down' | 'attempts_full' | 'payment_overdue';

/** Claims messages of one subscription into what is held. */
export class Intake {
  claiming = false;
  /** Something may be in the queue that no claim has seen. */
  again = true;
  /** When something in the queue ends that keeps a message away, ms. */
  nextDueMs: number | undefined;
  /** Attempts that wait for the database, as last heard. */
  waitingBytes = 0;
  #notBeforeMs = 0;

  constructor(
    private readonly ref: PushRef,
    private readonly run: number,
    private readonly held: HeldMessages,
    private readonly parts: Pick<PushParts, 'queues' | 'clock' | 'logger' | 'attemptLimitBytes'>,
  ) {}

  /** The queue got something. */
  wake(): void {
    this.again = true;
  }

  /** A message comes back to the queue. */
  returns(delayMs: number): void {
    if (delayMs === 0) this.again = true;
    const dueMs = this.parts.clock.nowMs() + delayMs;
    if (this.nextDueMs === undefined || dueMs < this.nextDueMs) this.nextDueMs = dueMs;
  }

  /** In how many ms a claim makes sense; 0 for now, undefined when one is under way or would find nothing. */
  claimInMs(nowMs: number): number | undefined {
    if (this.claiming) return undefined;
    if (this.again) return Math.max(0, this.#notBeforeMs - nowMs);
    return this.nextDueMs === undefined ? undefined : Math.max(0, this.nextDueMs - nowMs);
  }

  /** Claims up to `max`. Never fails. */
  async claim(max: number, delivery: DeliverySettings): Promise<Taken> {
    this.claiming = true;
    try {
      return await this.#claim(max, delivery);
    } catch (error) {
      this.again = true;
      if (error instanceof WaybillError && error.code === 'queue_not_found') return 'queue_gone';
      if (error instanceof WaybillError && error.code === 'payment_overdue') return 'payment_overdue';
      this.#notBeforeMs = this.parts.clock.nowMs() + lookAgainMs;
      this.parts.logger.warn('push.claim_failed', { subscriptionId: this.ref.subscriptionId, namespaceId: this.ref.queue.ns, error: error as Error });
      return 'store_down';
    } finally {
      this.claiming = false;
    }
  }

  async #claim(max: number, { timeoutMs, batchWaitMs }: DeliverySettings): Promise<Taken> {
    const { queues, clock, attemptLimitBytes } = this.parts;
    // Deliveries stop rather than lose their records.
    if (this.waitingBytes > attemptLimitBytes) this.waitingBytes = await queues.waitingBytes(this.ref.queue.ns);
    if (this.waitingBytes > attemptLimitBytes) {
      this.#notBeforeMs = clock.nowMs() + lookAgainMs;
      return 'attempts_full';
    }
    this.again = false;
    if (this.nextDueMs !== undefined && this.nextDueMs <= clock.nowMs()) this.nextDueMs = undefined;
    const claimedMs = clock.nowMs();
    const leaseMs = timeoutMs + batchWaitMs + leaseMarginMs;
    const { subscriptionId } = this.ref;
    const claim = await queues.claim(this.ref, this.run, { max, leaseMs, holder: `push:${subscriptionId}#${this.run}`, consumer: subscriptionId });
    if (claim === 'superseded') return 'superseded';
    if (claim.kind === 'empty') {
      this.nextDueMs = claim.nextDueMs === undefined ? undefined : clock.nowMs() + claim.nextDueMs;
      if (claim.nextDueMs === undefined && !claim.paused) await queues.forgetTries(this.ref);
      return 'none';
    }
    this.again ||= claim.moreWaiting;
    const tries = await this.#triesOf(claim.deliveries);
    this.held.add(claim.deliveries.map((message, i) => ({ delivery: message, tries: tries[i] ?? 0, claimedMs, leaseEndsMs: claimedMs + leaseMs })));
    return 'some';
  }

  /** A message handed out for the first time has none. */
  async #triesOf(deliveries: readonly Delivery[]): Promise<number[]> {
    if (deliveries.every(({ deliveries: count }) => count === 1)) return [];
    const found = await this.parts.queues.tries(this.ref, deliveries.map(({ position }) => position));
    return found.map((text) => Number(text ?? 0));
  }
}

/** Whether the lease of a message might end before the answer to a call that begins now is settled. */
export function outOfTime({ leaseEndsMs }: Held, timeoutMs: number, nowMs: number): boolean {
  return leaseEndsMs - nowMs < timeoutMs + leaseMarginMs / 2;
}
