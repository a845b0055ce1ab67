import { Injectable } from '@nestjs/common';
import type { changePortalSubscription, createPortalSubscription, Parsed, PortalSubscription } from '@waybill/contracts';
import { Subscriptions } from '@waybill/delivery';
import type { PutResult, SubscriptionInput, SubscriptionRef, SubscriptionView } from '@waybill/delivery';
import type { PortalCaller } from '@waybill/identity';
import { newId, WaybillError } from '@waybill/kernel';
import { TopologyService } from '@waybill/topology';
import { eventOf, patternsOf, scopeOn } from './portal-events.js';

type Create = Parsed<typeof createPortalSubscription>['body'];
type Change = Parsed<typeof changePortalSubscription>['body'];

/** Endpoints of one customer. */
const endpointLimit = 100;
/** A queue that a crash leaves half made is nobody's: it goes by itself. */
const unfinishedSeconds = 600;
const queueSettings = { kind: 'standard', leaseSeconds: 60, deliveryLimit: null } as const;

/** One of the customer's own, by id. */
export function refOf(caller: PortalCaller, id: string): SubscriptionRef {
  return { id, customer: caller.grant.customer };
}

/**
 * Endpoints of a tenant's customer: each a subscription with a queue of its own, bound under the customer's key prefix.
 * Every method fails with `namespace_not_found`; those that name an endpoint with `subscription_not_found`, also for
 * another customer's.
 */
@Injectable()
export class PortalEndpoints {
  constructor(
    private readonly topology: TopologyService,
    private readonly subscriptions: Subscriptions,
  ) {}

  async list(caller: PortalCaller): Promise<PortalSubscription[]> {
    const { items } = await this.subscriptions.list(caller, caller.namespaceId, { limit: endpointLimit, customer: caller.grant.customer });
    return Promise.all(items.map((subscription) => this.#view(caller, subscription)));
  }

  async get(caller: PortalCaller, id: string): Promise<PortalSubscription> {
    return this.view(caller, this.subscriptions.get(caller, caller.namespaceId, refOf(caller, id)));
  }

  /** A subscription as the customer sees it. */
  async view(caller: PortalCaller, subscription: Promise<SubscriptionView>): Promise<PortalSubscription> {
    return this.#view(caller, await subscription);
  }

  /**
   * Queue, subscription and bindings, or none of them: what was made is taken back when a later step fails. The bindings
   * come last, so that no message waits in a queue that nobody pushes. Fails with `destination_kind_unknown` for a kind the
   * link does not offer, `exchange_unsuitable`, `pattern_invalid`, `pattern_too_long`, `limit_reached`, `topology_not_published`
   * and what the kind refuses.
   */
  async create(caller: PortalCaller, { kind, settings, description, events }: Create): Promise<PortalSubscription & Pick<PutResult, 'secrets'>> {
    const { namespaceId, grant } = caller;
    if (!grant.kinds.includes(kind)) throw new WaybillError('destination_kind_unknown');
    const patterns = patternsOf(events, await this.#scope(caller));
    await this.#requireRoom(caller);
    await this.subscriptions.check(kind, settings);
    const id = newId('subscription');
    const name = queueNameOf(grant.customer, id);
    await this.topology.putQueue(caller, namespaceId, name, { ...queueSettings, deleteWhenIdleSeconds: unfinishedSeconds });
    try {
      const input: SubscriptionInput = { queue: name, kind, settings, description, customer: grant.customer, delivery: {}, secrets: {} };
      const { subscription, secrets } = await this.subscriptions.put(caller, namespaceId, name, input, id);
      await this.#bind(caller, name, patterns);
      await this.topology.putQueue(caller, namespaceId, name, queueSettings);
      return { ...(await this.#view(caller, subscription)), secrets };
    } catch (error) {
      // What cannot be taken back now goes by itself: the queue still wants to be deleted when it is idle.
      await this.topology.deleteQueue(caller, namespaceId, name).catch(() => undefined);
      throw error;
    }
  }

  /** Adds the bindings that are new before it takes the others away: no event is missed. Fails like {@link create}. */
  async change(caller: PortalCaller, id: string, { settings, description, events }: Change): Promise<PortalSubscription> {
    const { namespaceId, grant } = caller;
    const { name, queue, kind, delivery, customer } = await this.subscriptions.get(caller, namespaceId, refOf(caller, id));
    await this.subscriptions.check(kind, settings);
    const own = queue === queueNameOf(grant.customer, id);
    const wanted = own ? patternsOf(events, await this.#scope(caller)) : [];
    const before = own ? await this.#bindings(caller, queue) : [];
    if (own) await this.#bind(caller, queue, wanted);
    const { subscription } = await this.subscriptions.put(caller, namespaceId, name, { queue, kind, settings, description, customer, delivery, secrets: {} });
    for (const binding of before) if (!wanted.includes(binding.pattern)) await this.topology.deleteBinding(caller, namespaceId, binding.id);
    return this.#view(caller, subscription);
  }

  /** With its queue and what waits in it. A queue that the tenant made for more than this endpoint stays. Fails with `topology_not_published`. */
  async delete(caller: PortalCaller, id: string): Promise<void> {
    const { queue } = await this.subscriptions.get(caller, caller.namespaceId, refOf(caller, id));
    if (queue === queueNameOf(caller.grant.customer, id)) await this.topology.deleteQueue(caller, caller.namespaceId, queue);
    else await this.subscriptions.delete(caller, caller.namespaceId, refOf(caller, id));
  }

  async #scope(caller: PortalCaller) {
    return scopeOn(await this.topology.getExchange(caller, caller.namespaceId, caller.grant.exchange), caller.grant.keyPrefix);
  }

  async #requireRoom(caller: PortalCaller): Promise<void> {
    const { items } = await this.subscriptions.list(caller, caller.namespaceId, { limit: endpointLimit, customer: caller.grant.customer });
    if (items.length >= endpointLimit) throw new WaybillError('limit_reached', { resource: 'endpoints', limit: endpointLimit });
  }

  async #bind(caller: PortalCaller, queue: string, patterns: readonly string[]): Promise<void> {
    const bindings = patterns.map((pattern) => ({ destination: { queue }, pattern, headers: {}, match: 'all' as const }));
    await this.topology.putBindings(caller, caller.namespaceId, caller.grant.exchange, bindings);
  }

  async #bindings(caller: PortalCaller, queue: string) {
    const { items } = await this.topology.listBindings(caller, caller.namespaceId, { limit: 1_000, exchange: caller.grant.exchange, queue });
    return items;
  }

  async #view(caller: PortalCaller, { id, queue, description, kind, settings, state, disabledReason, failingSince, recipients, held, createdAt, changedAt }: SubscriptionView): Promise<PortalSubscription> {
    const { customer, keyPrefix } = caller.grant;
    const bindings = queue === queueNameOf(customer, id) ? await this.#bindings(caller, queue) : [];
    const events = bindings.flatMap(({ pattern }) => eventOf(pattern, keyPrefix) ?? []).sort();
    return { id, description, kind, settings, events, state, disabledReason, failingSince, recipients, held, createdAt, changedAt };
  }
}

function queueNameOf(customer: string, id: string): string {
  return `portal.${customer}.${id}`;
}
