import type { BindingDefinition, ExchangeKind } from '../topology-change.js';
import type { Matcher, MessageHeaders } from './matcher.js';
import { TopicTrie } from './topic-trie.js';

class DirectMatcher implements Matcher {
  readonly readsHeaders = false;
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

  match(key: string): Iterable<BindingDefinition> {
    return this.#byKey.get(key)?.values() ?? [];
  }
}

class FanoutMatcher implements Matcher {
  readonly readsHeaders = false;
  readonly #all = new Map<string, BindingDefinition>();

  add(binding: BindingDefinition): void {
    this.#all.set(binding.id, binding);
  }

  remove(binding: BindingDefinition): void {
    this.#all.delete(binding.id);
  }

  match(): Iterable<BindingDefinition> {
    return this.#all.values();
  }
}

/** A binding without headers matches every message, as in AMQP 0-9-1 with `x-match: all` and no arguments. */
class HeadersMatcher implements Matcher {
  readonly readsHeaders = true;
  readonly #all = new Map<string, { binding: BindingDefinition; wanted: [string, string][] }>();

  add(binding: BindingDefinition): void {
    const wanted = Object.entries(binding.headers).map(([name, value]): [string, string] => [name.toLowerCase(), value]);
    this.#all.set(binding.id, { binding, wanted });
  }

  remove(binding: BindingDefinition): void {
    this.#all.delete(binding.id);
  }

  *match(_key: string, headers: MessageHeaders): Iterable<BindingDefinition> {
    for (const { binding, wanted } of this.#all.values()) {
      const has = ([name, value]: [string, string]) => Object.hasOwn(headers, name) && headers[name] === value;
      if (wanted.length === 0 || (binding.match === 'all' ? wanted.every(has) : wanted.some(has))) yield binding;
    }
  }
}

export function matcherOf(kind: Exclude<ExchangeKind, 'default'>): Matcher {
  switch (kind) {
    case 'direct':
      return new DirectMatcher();
    case 'topic':
      return new TopicTrie();
    case 'fanout':
      return new FanoutMatcher();
    case 'headers':
      return new HeadersMatcher();
  }
}
