import type { BindingDefinition, ExchangeDefinition, QueueDefinition, TopologyChange } from '../topology-change.js';
import { defaultExchange } from '../topology-change.js';
import { explainPassages } from './explanation.js';
import type { ExchangeExplanation, Passage } from './explanation.js';
import type { Matcher, RoutedMessage } from './matcher.js';
import { matcherOf, matchingOf } from './matchers.js';
import { MessageView } from './message-view.js';
import { takeOfSplits } from './splits.js';

/** Where one message goes. Messages that go the same way share the object, so it can be compared and remembered by identity. */
export interface Route {
  /** In the order passed; empty when published straight to a queue. */
  readonly exchanges: readonly ExchangeDefinition[];
  readonly queues: readonly QueueDefinition[];
  /** What the publish is metered on: the first user-made exchange, else the queue, else the namespace (''). */
  readonly meteredOn: string;
  /** How long each queue's copy waits because of delayed exchanges on its way, for messages without a delay of their own; absent when none does. */
  readonly delaysMs?: readonly number[] | undefined;
}

/** The way of one message, and what every binding on it said. */
export interface Explanation {
  /** The route to publish by: where a split is drawn by chance, another call may draw otherwise. */
  readonly route: Route;
  readonly exchanges: readonly ExchangeExplanation[];
}

/** The exchanges of a route that are counted: the built-in one is not (billing.md §4: system exchanges never are). */
export function meteredExchanges({ exchanges }: Route): ExchangeDefinition[] {
  return exchanges.filter(({ kind }) => kind !== 'default');
}

interface ExchangeEntry {
  definition: ExchangeDefinition;
  matcher: Matcher;
  readonly bindings: Map<string, BindingDefinition>;
  /** Routes of messages that pass no other exchange and reach one queue or none: most messages do. */
  readonly alone: Map<QueueDefinition | undefined, Route>;
  /** The route of every message, when it depends on nothing. */
  always: Route | undefined;
  readonly remembered: Map<string, Route>;
}

/** Routes remembered per exchange; keys come from clients, so the number must be bounded. */
const rememberedLimit = 10_000;
const reading = { nothing: 0, key: 1, message: 2 } as const;

/**
 * The topology of one namespace, compiled for publishing. Changes are applied one by one; what was remembered
 * about routes is forgotten at each.
 */
export class RoutingTable {
  readonly #exchanges = new Map<string, ExchangeEntry>();
  readonly #queues = new Map<string, QueueDefinition>();
  readonly #bindings = new Map<string, BindingDefinition>();
  /** By source: bindings may come before their exchange and outlast it. */
  readonly #bySource = new Map<string, Map<string, BindingDefinition>>();
  /** Bindings with a split, by source. */
  readonly #splits = new Map<string, number>();
  readonly #direct = new Map<string, Route>();
  /** By the ids on the way. */
  readonly #shared = new Map<string, Route>();

  constructor(private readonly random: () => number = Math.random) {
    this.#define({ id: defaultExchange, name: defaultExchange, kind: 'default' });
  }

  apply(changes: Iterable<TopologyChange>): void {
    for (const change of changes) this.#applyOne(change);
    this.#direct.clear();
    this.#shared.clear();
    for (const entry of this.#exchanges.values()) {
      entry.alone.clear();
      entry.always = undefined;
      entry.remembered.clear();
    }
  }

  queue(name: string): QueueDefinition | undefined {
    return this.#queues.get(name);
  }

  /** By name. */
  queues(): QueueDefinition[] {
    return [...this.#queues.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  exchange(name: string): ExchangeDefinition | undefined {
    return this.#exchanges.get(name)?.definition;
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

  /**
   * The route through an exchange, or undefined when there is no such exchange. A queue is reached once. Fails with
   * `routing_too_costly` when filters or headers would take too long for this message.
   */
  route(exchange: string, message: RoutedMessage): Route | undefined {
    const entry = this.#exchanges.get(exchange);
    if (!entry) return undefined;
    const known = entry.always ?? entry.remembered.get(message.key);
    return known ?? this.#walk(entry, new MessageView(message));
  }

  /** Routes a message and says why each binding of the exchanges passed took it or not; undefined and failures as {@link route}. */
  explain(exchange: string, message: RoutedMessage): Explanation | undefined {
    const entry = this.#exchanges.get(exchange);
    if (!entry) return undefined;
    const passages: Passage[] = [];
    const route = this.#walk(entry, new MessageView(message), passages);
    return { route, exchanges: explainPassages(passages, new MessageView(message)) };
  }

  #walk(first: ExchangeEntry, view: MessageView, passages?: Passage[]): Route {
    const passed = new Set([first]);
    const queues = new Set<QueueDefinition>();
    const steps: Step[] = [];
    let depends: number = reading.nothing;
    // The set grows while it is walked; one already in it is not walked again, so a loop ends.
    for (const entry of passed) {
      const { definition, matcher } = entry;
      const matched = matcher.match(view);
      const splits = this.#splits.has(definition.name) ? takeOfSplits(matched, view.message, this.random) : undefined;
      const taken = splits?.bindings ?? matched;
      depends = Math.max(depends, splits?.chosen ? reading.message : reading[matcher.reads]);
      for (const { destination } of taken) {
        if ('queue' in destination) {
          const queue = this.#queues.get(destination.queue);
          if (queue) {
            queues.add(queue);
            steps.push([entry, queue]);
          }
        } else {
          const next = this.#exchanges.get(destination.exchange);
          if (next) {
            passed.add(next);
            steps.push([entry, next]);
          }
        }
      }
      const alternate = matched.length === 0 && definition.alternate !== undefined ? this.#exchanges.get(definition.alternate) : undefined;
      if (alternate) {
        passed.add(alternate);
        steps.push([entry, alternate]);
      }
      passages?.push({ exchange: definition.name, kind: definition.kind, matcher, bindings: entry.bindings, matched, taken, alternate: alternate?.definition.name });
    }
    const route = passed.size === 1 && queues.size <= 1 ? this.#alone(first, queues) : this.#share(routeThrough(passed, queues, steps));
    this.#remember(first, view.message.key, depends, route);
    return route;
  }

  #remember(entry: ExchangeEntry, key: string, depends: number, route: Route): void {
    if (depends === reading.nothing) entry.always = route;
    else if (depends === reading.key) {
      if (entry.remembered.size >= rememberedLimit) entry.remembered.clear();
      entry.remembered.set(key, route);
    }
  }

  #alone(entry: ExchangeEntry, queues: ReadonlySet<QueueDefinition>): Route {
    const [queue] = queues;
    let route = entry.alone.get(queue);
    if (!route) entry.alone.set(queue, (route = routeThrough([entry], queues, queue ? [[entry, queue]] : [])));
    return route;
  }

  #share(route: Route): Route {
    const way = `${route.exchanges.map(({ id }) => id).join(' ')}>${route.queues.map(({ id }) => id).join(' ')}${route.delaysMs ? `+${route.delaysMs.join(' ')}` : ''}`;
    const shared = this.#shared.get(way);
    if (shared) return shared;
    if (this.#shared.size >= rememberedLimit) this.#shared.clear();
    this.#shared.set(way, route);
    return route;
  }

  #applyOne(change: TopologyChange): void {
    if ('put' in change) {
      if (change.put === 'exchange') this.#putExchange(change.exchange);
      else if (change.put === 'queue') this.#queues.set(change.queue.name, change.queue);
      else this.#putBinding(change.binding);
    } else if (change.drop === 'exchange') this.#dropExchange(change.name);
    else if (change.drop === 'queue') this.#queues.delete(change.name);
    else this.#dropBinding(change.id);
  }

  #putExchange(definition: ExchangeDefinition): void {
    if (definition.name === defaultExchange) return;
    const before = this.#exchanges.get(definition.name);
    if (before && matchingOf(before.definition) === matchingOf(definition)) before.definition = definition;
    else this.#define(definition);
  }

  #define(definition: ExchangeDefinition): void {
    const bindings = this.#bindingsOf(definition.name);
    const matcher = matcherOf(definition, this.#queues);
    for (const binding of bindings.values()) matcher.add(binding);
    this.#exchanges.set(definition.name, { definition, matcher, bindings, alone: new Map(), always: undefined, remembered: new Map() });
  }

  #dropExchange(name: string): void {
    if (name === defaultExchange) return;
    this.#exchanges.delete(name);
    if (this.#bySource.get(name)?.size === 0) this.#bySource.delete(name);
  }

  #bindingsOf(source: string): Map<string, BindingDefinition> {
    let bindings = this.#bySource.get(source);
    if (!bindings) this.#bySource.set(source, (bindings = new Map()));
    return bindings;
  }

  #putBinding(binding: BindingDefinition): void {
    this.#dropBinding(binding.id);
    this.#bindings.set(binding.id, binding);
    this.#bindingsOf(binding.source).set(binding.id, binding);
    if (binding.split !== undefined) this.#splits.set(binding.source, (this.#splits.get(binding.source) ?? 0) + 1);
    this.#exchanges.get(binding.source)?.matcher.add(binding);
  }

  #dropBinding(id: string): void {
    const binding = this.#bindings.get(id);
    if (!binding) return;
    this.#bindings.delete(id);
    const { source } = binding;
    const exchange = this.#exchanges.get(source);
    const rest = this.#bySource.get(source);
    rest?.delete(id);
    if (rest?.size === 0 && !exchange) this.#bySource.delete(source);
    if (binding.split !== undefined) {
      const left = (this.#splits.get(source) ?? 0) - 1;
      if (left > 0) this.#splits.set(source, left);
      else this.#splits.delete(source);
    }
    exchange?.matcher.remove(binding);
  }
}

/** From an exchange to what it leads to. */
type Step = readonly [ExchangeEntry, ExchangeEntry | QueueDefinition];

function routeThrough(passed: Iterable<ExchangeEntry>, reached: Iterable<QueueDefinition>, steps: readonly Step[]): Route {
  const entries = [...passed];
  const exchanges = entries.map(({ definition }) => definition);
  const queues = [...reached];
  const [first] = exchanges;
  const meteredOn = first === undefined || first.kind === 'default' ? (queues[0]?.id ?? '') : first.id;
  const delays = exchanges.some((exchange) => ownDelayMs(exchange) > 0) ? delaysOf(entries, steps) : undefined;
  const delaysMs = delays && queues.map((queue) => delays.get(queue) ?? 0);
  return { exchanges, queues, meteredOn, delaysMs: delaysMs?.some((delay) => delay > 0) ? delaysMs : undefined };
}

function ownDelayMs({ kind, delayMs = 0 }: ExchangeDefinition): number {
  return kind === 'delayed' ? delayMs : 0;
}

/** Along one way the longest delay counts; of several ways to the same place the soonest. */
function delaysOf(entries: readonly ExchangeEntry[], steps: readonly Step[]): Map<ExchangeEntry | QueueDefinition, number> {
  const delays = new Map<ExchangeEntry | QueueDefinition, number>();
  const [first] = entries;
  if (first) delays.set(first, ownDelayMs(first.definition));
  for (let changed = true; changed; ) {
    changed = false;
    for (const [from, to] of steps) {
      const own = 'definition' in to ? ownDelayMs(to.definition) : 0;
      const delay = Math.max(delays.get(from) ?? 0, own);
      const known = delays.get(to);
      if (known !== undefined && known <= delay) continue;
      if (!delays.has(from)) continue;
      delays.set(to, delay);
      changed = true;
    }
  }
  return delays;
}
