import type { BindingDefinition, ExchangeDefinition, QueueDefinition } from '../topology-change.js';
import { defaultExchange } from '../topology-change.js';
import { FilterMatcher } from './filter-matcher.js';
import { HashMatcher } from './hash-matcher.js';
import { HeadersMatcher } from './headers-matcher.js';
import type { Matcher } from './matcher.js';
import { shown } from './matcher.js';
import type { MessageView } from './message-view.js';
import { TopicTrie } from './topic-trie.js';

class DirectMatcher implements Matcher {
  readonly reads = 'key';
  readonly #byKey = new Map<string, Map<string, BindingDefinition>>();

  add(binding: BindingDefinition): void {
    const same = this.#byKey.get(binding.pattern) ?? new Map<string, BindingDefinition>();
    this.#byKey.set(binding.pattern, same.set(binding.id, binding));
  }

  remove(binding: BindingDefinition): void {
    const same = this.#byKey.get(binding.pattern);
    same?.delete(binding.id);
    if (same?.size === 0) this.#byKey.delete(binding.pattern);
  }

  match({ message }: MessageView): readonly BindingDefinition[] {
    const found = this.#byKey.get(message.key);
    return found ? [...found.values()] : [];
  }

  reason({ pattern }: BindingDefinition, { message }: MessageView, matched: boolean): string {
    return matched ? `the key is ${shown(pattern)}` : `the key is ${shown(message.key)}, the binding wants ${shown(pattern)}`;
  }
}

class FanoutMatcher implements Matcher {
  readonly reads = 'nothing';
  readonly #all = new Map<string, BindingDefinition>();

  add(binding: BindingDefinition): void {
    this.#all.set(binding.id, binding);
  }

  remove(binding: BindingDefinition): void {
    this.#all.delete(binding.id);
  }

  match(): readonly BindingDefinition[] {
    return [...this.#all.values()];
  }

  reason(): string {
    return 'a fanout exchange sends every message to every binding';
  }
}

/** The built-in exchange has no bindings: the key names the queue. */
class QueueNameMatcher implements Matcher {
  readonly reads = 'key';

  constructor(private readonly queues: ReadonlyMap<string, QueueDefinition>) {}

  add(): void {}

  remove(): void {}

  match({ message: { key } }: MessageView): readonly BindingDefinition[] {
    if (!this.queues.has(key)) return [];
    return [{ id: '', source: defaultExchange, destination: { queue: key }, pattern: key, headers: {}, match: 'all' }];
  }

  reason(_binding: BindingDefinition, { message }: MessageView, matched: boolean): string {
    return matched ? `the key names the queue ${shown(message.key)}` : `there is no queue ${shown(message.key)}`;
  }
}

/** An exchange matches the same way as another one of which this is the same. */
export function matchingOf({ kind, routesAs, hashOn }: ExchangeDefinition): string {
  const routed = kind === 'delayed' ? (routesAs ?? 'topic') : kind;
  return routed === 'consistent-hash' ? `${routed} ${JSON.stringify(hashOn ?? 'key')}` : routed;
}

export function matcherOf({ kind, routesAs, hashOn }: ExchangeDefinition, queues: ReadonlyMap<string, QueueDefinition>): Matcher {
  switch (kind === 'delayed' ? (routesAs ?? 'topic') : kind) {
    case 'direct':
      return new DirectMatcher();
    case 'topic':
      return new TopicTrie();
    case 'fanout':
      return new FanoutMatcher();
    case 'headers':
      return new HeadersMatcher();
    case 'filter':
      return new FilterMatcher();
    case 'consistent-hash':
      return new HashMatcher(hashOn);
    case 'default':
      return new QueueNameMatcher(queues);
  }
}
