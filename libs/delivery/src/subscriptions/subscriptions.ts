import type { Caller, Clock } from '@waybill/kernel';
import { newId, WaybillError } from '@waybill/kernel';
import { z } from 'zod';
import type { Page, Settings, ShownSecret, SubscriptionInput, SubscriptionQuery, SubscriptionRef, SubscriptionView } from './definitions.js';
import { completeDelivery } from './delivery-input.js';
import { checkSettings, requireStorable } from './destination-settings.js';
import type { DestinationKinds } from './destination-settings.js';
import type { SubscriptionNudges } from './subscription-feed.js';
import type { SubscriptionSecrets } from './subscription-secrets.js';
import type { StateChange, SubscriptionStore } from './subscription.store.js';

/** A kind of destination as people see it. */
export interface KindView {
  readonly kind: string;
  readonly title: string;
  /** JSON Schema. */
  readonly settings: Record<string, unknown>;
  readonly secrets: { name: string; description: string; generated: boolean }[];
  readonly available: boolean;
  readonly unavailableReason: string | null;
}

export interface PutResult {
  readonly created: boolean;
  readonly subscription: SubscriptionView;
  /** What was made now; shown this once. */
  readonly secrets: ShownSecret[];
}

/** Subscriptions of a namespace. Every method with a caller fails with `namespace_not_found`. */
export class Subscriptions {
  constructor(
    private readonly store: SubscriptionStore,
    private readonly secrets: SubscriptionSecrets,
    private readonly kinds: DestinationKinds,
    private readonly nudges: SubscriptionNudges,
    private readonly clock: Clock,
  ) {}

  /** Every kind, by name; those that cannot be used here say why. */
  listKinds(): KindView[] {
    return this.kinds.all().map((kind) => {
      const unavailableReason = kind.unavailable();
      return {
        kind: kind.kind, title: kind.title, settings: z.toJSONSchema(kind.settings, { io: 'input', unrepresentable: 'any' }),
        secrets: kind.secrets.map(({ name, description, generate }) => ({ name, description, generated: generate !== undefined })),
        available: unavailableReason === null, unavailableReason,
      };
    });
  }

  /** Whether a subscription of this kind could have these settings. Fails like {@link put} for them. */
  async check(kind: string, settings: Settings): Promise<void> {
    await checkSettings(this.kinds.usable(kind), settings);
  }

  list(caller: Caller, namespaceId: string, query: SubscriptionQuery): Promise<Page<SubscriptionView>> {
    return this.store.list(caller, namespaceId, query);
  }

  /** Fails with `subscription_not_found`. */
  get(caller: Caller, namespaceId: string, ref: SubscriptionRef): Promise<SubscriptionView> {
    return this.store.get(caller, namespaceId, ref);
  }

  /**
   * Creates the subscription, or gives it these settings; what is left out gets its default. `id` is for a new one whose
   * name is made from it. Fails with `destination_kind_unknown`, `destination_unavailable`, `request_invalid` (settings),
   * `setting_invalid`, `text_invalid`, `subscription_conflict`, `queue_not_found`, `limit_reached`, `confirmations_limited`, and what the kind refuses.
   */
  async put(caller: Caller, namespaceId: string, name: string, input: SubscriptionInput, id: string = newId('subscription')): Promise<PutResult> {
    const kind = this.kinds.usable(input.kind);
    requireStorable('description', input.description);
    const { queue, description, customer } = input;
    const data = { queue, kind: kind.kind, description, customer, settings: await checkSettings(kind, input.settings), delivery: completeDelivery(input.delivery) };
    let shown: ShownSecret[] = [];
    const { created, changed, subscription } = await this.store.put(caller, namespaceId, { id, name, now: this.#now() }, data, (subscriptionId, live) => {
      const made = this.secrets.plan(caller, namespaceId, subscriptionId, { kind, settings: data.settings, given: input.secrets }, live);
      shown = made.shown;
      return made.plan;
    });
    if (changed) await this.nudges.nudge();
    return { created, subscription, secrets: shown };
  }

  /** The queue keeps its messages. Fails with `subscription_not_found`. */
  async delete(caller: Caller, namespaceId: string, ref: SubscriptionRef): Promise<void> {
    await this.store.delete(caller, namespaceId, ref);
    await this.nudges.nudge();
  }

  /** Repeating it is harmless. Fails with `subscription_not_found`, `subscription_disabled`. */
  pause(caller: Caller, namespaceId: string, ref: SubscriptionRef): Promise<SubscriptionView> {
    return this.#change(caller, namespaceId, ref, ({ state }) => {
      if (state === 'disabled') throw new WaybillError('subscription_disabled');
      return state === 'paused' ? null : { state: 'paused' };
    });
  }

  /** Ends a pause; repeating it is harmless. Fails with `subscription_not_found`, `subscription_disabled`. */
  resume(caller: Caller, namespaceId: string, ref: SubscriptionRef): Promise<SubscriptionView> {
    return this.#change(caller, namespaceId, ref, ({ state }) => {
      if (state === 'disabled') throw new WaybillError('subscription_disabled');
      return state === 'active' ? null : { state: 'active' };
    });
  }

  /** Goes on with what we disabled, and counts its failures anew; anything else stays as it is. Fails with `subscription_not_found`. */
  enable(caller: Caller, namespaceId: string, ref: SubscriptionRef): Promise<SubscriptionView> {
    return this.#change(caller, namespaceId, ref, ({ state }) => (state === 'disabled' ? { state: 'active', disabledReason: null, disabledAt: null, failingSince: null } : null));
  }

  /** Sends a recipient the mail that asks for confirmation again. Fails with `subscription_not_found`, `recipient_not_found`, `recipient_settled`, `confirmations_limited`. */
  askAgain(caller: Caller, namespaceId: string, ref: SubscriptionRef, address: string): Promise<SubscriptionView> {
    return this.store.askAgain(caller, namespaceId, ref, address, this.#now());
  }

  async #change(caller: Caller, namespaceId: string, ref: SubscriptionRef, change: StateChange): Promise<SubscriptionView> {
    const { changed, subscription } = await this.store.changeState(caller, namespaceId, ref, this.#now(), change);
    if (changed) await this.nudges.nudge();
    return subscription;
  }

  #now(): Date {
    return new Date(this.clock.nowMs());
  }
}
