import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { BindingDefinition } from '../topology-change.js';
import { messageOf } from '../testing/topology.js';
import { MessageView } from './message-view.js';
import { TopicTrie } from './topic-trie.js';

const binding = (pattern: string, id = pattern): BindingDefinition => ({ id, source: 'x', destination: { queue: 'q' }, pattern, headers: {}, match: 'all' });
const matched = (trie: TopicTrie, key: string) => trie.match(new MessageView(messageOf({ key }))).map(({ id }) => id).sort();

/** AMQP 0-9-1 §3.1.3.3 in the plainest way: try every split. */
function matches(pattern: string[], key: string[]): boolean {
  const [word, ...rest] = pattern;
  if (word === undefined) return key.length === 0;
  if (word === '#') return matches(rest, key) || (key.length > 0 && matches(pattern, key.slice(1)));
  return key.length > 0 && (word === '*' || word === key[0]) && matches(rest, key.slice(1));
}

const words = (unit: fc.Arbitrary<string>) => fc.array(unit, { minLength: 1, maxLength: 5 }).map((list) => list.join('.'));
const patterns = fc.uniqueArray(words(fc.constantFrom('a', 'b', '*', '#')), { maxLength: 20 });
const keys = words(fc.constantFrom('a', 'b', 'c'));

describe('the topic trie', () => {
  it('finds exactly the patterns that the rule of AMQP 0-9-1 finds', () => {
    fc.assert(
      fc.property(patterns, keys, (list, key) => {
        const trie = new TopicTrie();
        for (const pattern of list) trie.add(binding(pattern));
        expect(matched(trie, key)).toEqual(list.filter((pattern) => matches(pattern.split('.'), key.split('.'))).sort());
      }),
      { numRuns: 500 },
    );
  });

  it('forgets what was removed and nothing else', () => {
    fc.assert(
      fc.property(patterns, patterns, keys, (kept, removed, key) => {
        const trie = new TopicTrie();
        for (const pattern of removed) trie.add(binding(pattern, `removed ${pattern}`));
        for (const pattern of kept) trie.add(binding(pattern));
        for (const pattern of removed) trie.remove(binding(pattern, `removed ${pattern}`));
        expect(matched(trie, key)).toEqual(kept.filter((pattern) => matches(pattern.split('.'), key.split('.'))).sort());
      }),
    );
  });

  it('matches the empty key with # only', () => {
    const trie = new TopicTrie();
    for (const pattern of ['#', '*', 'a', '#.#']) trie.add(binding(pattern));
    expect(matched(trie, '')).toEqual(['#', '#.#']);
  });

  it('keeps bindings of the same pattern apart', () => {
    const trie = new TopicTrie();
    trie.add(binding('a', 'first'));
    trie.add(binding('a', 'second'));
    trie.remove(binding('a', 'first'));
    expect(matched(trie, 'a')).toEqual(['second']);
  });

  it('visits each node once per word, however many # a pattern has', () => {
    const trie = new TopicTrie();
    trie.add(binding(Array.from({ length: 60 }, () => '#.a').join('.')));
    const key = Array.from({ length: 120 }, () => 'a').join('.');
    expect(matched(trie, key)).toHaveLength(1);
    expect(matched(trie, `${key}.b`)).toHaveLength(0);
  });

  it('says which word is wrong, or how many there are', () => {
    const why = (pattern: string, key: string) => new TopicTrie().reason(binding(pattern), new MessageView(messageOf({ key })), false);
    expect(why('order.us.*', 'order.eu.1')).toBe('word 2 is "eu", the pattern wants "us"');
    expect(why('order.*', 'order')).toBe('the key has 1 word, the pattern wants 2');
    expect(why('order', 'order.eu.1')).toBe('the key has 3 words, the pattern wants 1');
    expect(why('order.*.#', 'order')).toBe('the key has 1 word, the pattern wants at least 2');
    expect(why('#.paid', 'order.sent')).toBe('no part of the key "order.sent" fits what follows "#" in the pattern "#.paid"');
  });
});
