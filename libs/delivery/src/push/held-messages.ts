import type { Delivery } from '@waybill/broker';

/** A message under a lease of ours that was not sent yet. */
export interface Held {
  readonly delivery: Delivery;
  /** Attempts before this one. */
  readonly tries: number;
  /** When it was claimed, and until when its lease lasts at least, ms by our clock. */
  readonly claimedMs: number;
  readonly leaseEndsMs: number;
}

/** How far ahead of the calls messages are claimed. */
const aheadMs = 150;
const mostAtOnce = 256;
const weightOfNewest = 0.2;

/**
 * Messages between claim and call, in the order of the queue. Only so many are claimed ahead as are sent within a moment:
 * what waits here is lost to others until its lease ends, should the process be killed.
 */
export class HeldMessages {
  readonly #held: Held[] = [];
  #callMs: number | undefined;

  get size(): number {
    return this.#held.length;
  }

  get first(): Held | undefined {
    return this.#held[0];
  }

  add(messages: readonly Held[]): void {
    this.#held.push(...messages);
  }

  /** The next ones, without taking them. */
  next(most: number): Held[] {
    return this.#held.slice(0, most);
  }

  take(most: number): Held[] {
    return this.#held.splice(0, most);
  }

  /** A call took so long. */
  called(durationMs: number): void {
    this.#callMs = this.#callMs === undefined ? durationMs : this.#callMs + (durationMs - this.#callMs) * weightOfNewest;
  }

  /** How many to claim when `free` of `calls` calls may begin, each of `batch` messages, and `ratePerSecond` begin in a second. */
  wanted(free: number, calls: number, batch: number, ratePerSecond: number | null): number {
    const ahead = this.#callMs === undefined ? 0 : Math.floor((calls * aheadMs) / Math.max(1, this.#callMs));
    const soon = ratePerSecond === null ? free + ahead : Math.min(free, Math.max(1, Math.floor((ratePerSecond * aheadMs) / 1_000)));
    const most = Math.min(mostAtOnce, soon * batch);
    // In few large steps: a claim for each message that was sent would cost more than the message.
    const enough = this.#held.length >= free * batch && this.#held.length > most / 2;
    return enough ? 0 : Math.max(0, most - this.#held.length);
  }
}
