import type { Clock, SubscriptionId } from '@waybill/kernel';
import type { DestinationRegistry } from '../destinations/registry.js';
import type { Sender } from '../destination.js';
import type { Subscription } from '../subscription.js';
import type { SubscriptionFeed } from '../subscriptions/subscription-feed.js';
import { DrainingSender, drainWithinMs } from './draining-sender.js';
import type { Senders } from './push-ports.js';

interface OpenSender {
  readonly version: number;
  readonly untilMs: number;
  readonly sender: Promise<Sender>;
  /** Once it is open. */
  readonly opened?: Sender;
}

/** Open destinations, each until its subscription or its secrets change, or nobody works on it; calls under way end with the one they began with. */
export class OpenSenders implements Senders {
  readonly #open = new Map<SubscriptionId, OpenSender>();
  readonly #ending = Promise.withResolvers<void>();

  constructor(
    private readonly registry: Pick<DestinationRegistry, 'usable'>,
    private readonly feed: Pick<SubscriptionFeed, 'secretsOf'>,
    private readonly clock: Clock,
  ) {}

  open(subscription: Subscription): Sender | Promise<Sender> {
    const known = this.#open.get(subscription.id);
    if (known !== undefined && known.version === subscription.version && this.clock.nowMs() < known.untilMs) return known.opened ?? known.sender;
    return this.#opened(subscription, known);
  }

  /** Nobody works on it now. Calls under way end first. */
  async close(id: SubscriptionId): Promise<void> {
    const known = this.#open.get(id);
    this.#open.delete(id);
    if (known !== undefined) await closed(known);
  }

  /** Every call has ended or was given up, and the process ends: closing waits for none any more. */
  stop(): void {
    this.#ending.resolve();
  }

  async #opened(subscription: Subscription, before: OpenSender | undefined): Promise<Sender> {
    const opening = Promise.withResolvers<Sender>();
    // Calls that come meanwhile wait for the same one.
    this.#open.set(subscription.id, { version: subscription.version, untilMs: Number.POSITIVE_INFINITY, sender: opening.promise });
    if (before !== undefined) void closed(before);
    try {
      const { secrets, untilMs } = await this.feed.secretsOf(subscription);
      const sender = new DrainingSender(this.registry.usable(subscription.kind).open(subscription.settings, secrets, subscription), drainWithinMs, this.#ending.promise);
      const current = this.#open.get(subscription.id);
      if (current?.sender === opening.promise) this.#open.set(subscription.id, { ...current, untilMs: untilMs ?? Number.POSITIVE_INFINITY, opened: sender });
      opening.resolve(sender);
    } catch (error) {
      if (this.#open.get(subscription.id)?.sender === opening.promise) this.#open.delete(subscription.id);
      opening.reject(error);
    }
    return opening.promise;
  }
}

/** One that never opened needs no closing. */
async function closed({ sender }: OpenSender): Promise<void> {
  await sender.then((open) => open.close()).catch(() => undefined);
}
