import type { BindingDefinition, ExchangeDefinition, QueueDefinition, TopologyChange } from '../topology-change.js';
import { defaultExchange } from '../topology-change.js';
import type { Matcher, MessageHeaders } from './matcher.js';
import { matcherOf } from './matchers.js';

/** Where one message goes. Messages that go the same way share the object, so it can be compared and remembered by identity. */
export interface Route {
  /** In the order passed; empty when published straight to a queue. */
  readonly exchanges: readonly ExchangeDefinition[];
  readonly queues: readonly QueueDefinition[];
  /** What the publish is metered on: the first user-made exchange, else the queue, else the namespace (''). */
  readonly meteredOn: string;
}

/** The exchanges of a route that are counted: the built-in one is not (billing.md §4: system exchanges never are). */
export function meteredExchanges({ exchanges }: Route): ExchangeDefinition[] {
  return exchanges.filter(({ kind }) => kind !== 'default');
}

interface ExchangeEntry {
  definition: ExchangeDefinition;
  readonly matcher: Matcher;
  readonly remembered: Map<string, Route>;
}

/** Routes remembered per exchange; keys come from clients, so the number must be bounded. */
const rememberedLimit = 10_000;
const builtIn: ExchangeDefinition = { id: defaultExchange, name: defaultExchange, kind: 'default' };

/**
 * The topology of one namespace, compiled for publishing. Changes are applied one by one; what was remembered
 * about routes is forgotten at each.
 */
export class RoutingTable {
  readonly #exchanges = new Map<string, ExchangeEntry>();
  readonly #queues = new Map<string, QueueDefinition>();
  readonly #bindings = new Map<string, BindingDefinition>();
  readonly #direct = new Map<string, Route>();
  /** By the ids on the way. */
  readonly #shared = new Map<string, Route>();

  apply(changes: Iterable<TopologyChange>): void {
    for (const change of changes) this.#applyOne(change);
    this.#direct.clear();
    this.#shared.clear();
    for (const entry of this.#exchanges.values()) entry.remembered.clear();
  }

  queue(name: string): QueueDefinition | undefined {
    return this.#queues.get(name);
  }

  /** By name. */
  queues(): QueueDefinition[] {
    return [...this.#queues.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The route straight to a queue, or undefined when there is no such queue. */
  routeToQueue(name: string): Route | undefined {
    let route = this.#direct.get(name);
    if (!route) {
      const queue = this.#queues.get(name);
      if (!queue) return undefined;
      this.#direct.set(name, (route = { exchanges: [], queues: [queue], meteredOn: queue.id }));
    }
    return route;
  }

  /** The route through an exchange, or undefined when there is no such exchange. A queue is reached once. */
  route(exchange: string, key: string, headers: MessageHeaders): Route | undefined {
    if (exchange === defaultExchange) return this.#routeByName(key);
    const entry = this.#exchanges.get(exchange);
    if (!entry) return undefined;
    const known = entry.remembered.get(key);
    if (known) return known;
    const { route, readsHeaders } = this.#walk(entry, key, headers);
    if (!readsHeaders) {
      if (entry.remembered.size >= rememberedLimit) entry.remembered.clear();
      entry.remembered.set(key, route);
    }
    return route;
  }

  #routeByName(key: string): Route {
    const queue = this.#queues.get(key);
    return this.#share({ exchanges: [builtIn], queues: queue ? [queue] : [], meteredOn: queue?.id ?? '' });
  }

  #share(route: Route): Route {
    const way = `${route.exchanges.map(({ id }) => id).join(' ')}>${route.queues.map(({ id }) => id).join(' ')}`;
    const shared = this.#shared.get(way);
    if (shared) return shared;
    if (this.#shared.size >= rememberedLimit) this.#shared.clear();
    this.#shared.set(way, route);
    return route;
  }

  #walk(first: ExchangeEntry, key: string, headers: MessageHeaders): { route: Route; readsHeaders: boolean } {
    const passed = new Set([first]);
    const queues = new Set<QueueDefinition>();
    let readsHeaders = false;
    // The set grows while it is walked; one already in it is not walked again, so a loop ends.
    for (const entry of passed) {
      readsHeaders ||= entry.matcher.readsHeaders;
      for (const { destination } of entry.matcher.match(key, headers)) {
        if ('queue' in destination) {
          const queue = this.#queues.get(destination.queue);
          if (queue) queues.add(queue);
        } else {
          const next = this.#exchanges.get(destination.exchange);
          if (next) passed.add(next);
        }
      }
    }
    const exchanges = [...passed].map((entry) => entry.definition);
    return { route: this.#share({ exchanges, queues: [...queues], meteredOn: first.definition.id }), readsHeaders };
  }

  #applyOne(change: TopologyChange): void {
    if ('put' in change) {
      if (change.put === 'exchange') this.#putExchange(change.exchange);
      else if (change.put === 'queue') this.#queues.set(change.queue.name, change.queue);
      else this.#putBinding(change.binding);
    } else if (change.drop === 'exchange') this.#exchanges.delete(change.name);
    else if (change.drop === 'queue') this.#queues.delete(change.name);
    else this.#dropBinding(change.id);
  }

  #putExchange(definition: ExchangeDefinition): void {
    if (definition.kind === 'default') return;
    const before = this.#exchanges.get(definition.name);
    if (before?.definition.kind === definition.kind) before.definition = definition;
    else this.#exchanges.set(definition.name, { definition, matcher: matcherOf(definition.kind), remembered: new Map() });
  }

  #putBinding(binding: BindingDefinition): void {
    this.#dropBinding(binding.id);
    this.#bindings.set(binding.id, binding);
    this.#exchanges.get(binding.source)?.matcher.add(binding);
  }

  #dropBinding(id: string): void {
    const binding = this.#bindings.get(id);
    if (!binding) return;
    this.#bindings.delete(id);
    this.#exchanges.get(binding.source)?.matcher.remove(binding);
  }
}
