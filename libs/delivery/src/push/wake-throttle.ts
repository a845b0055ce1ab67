import type { SubscriptionId } from '@waybill/kernel';

/**
 * Says once in a while that a subscription has work, however often it is heard: at once, and again after `everyMs` when it
 * was heard meanwhile, so that the last time is never lost.
 */
export class WakeThrottle {
  readonly #resting = new Map<SubscriptionId, { again: boolean; timer: NodeJS.Timeout }>();

  constructor(
    private readonly everyMs: number,
    private readonly say: (id: SubscriptionId) => void,
  ) {}

  heard(id: SubscriptionId): void {
    const resting = this.#resting.get(id);
    if (resting !== undefined) {
      resting.again = true;
      return;
    }
    this.#resting.set(id, { again: false, timer: setTimeout(() => this.#rested(id), this.everyMs) });
    this.say(id);
  }

  stop(): void {
    for (const { timer } of this.#resting.values()) clearTimeout(timer);
    this.#resting.clear();
  }

  #rested(id: SubscriptionId): void {
    const again = this.#resting.get(id)?.again;
    this.#resting.delete(id);
    if (again) this.heard(id);
  }
}
