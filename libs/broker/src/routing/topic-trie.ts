import type { BindingDefinition } from '../topology-change.js';
import type { Matcher } from './matcher.js';

interface Node {
  /** Reached by `#`: takes any further word and stays. */
  readonly stays: boolean;
  readonly next: Map<string, Node>;
  readonly bindings: Map<string, BindingDefinition>;
}

const newNode = (stays: boolean): Node => ({ stays, next: new Map(), bindings: new Map() });
const wordsOf = (text: string): string[] => (text === '' ? [] : text.split('.'));

/** The nodes reachable without taking a word: `#` also stands for none. */
function withoutWord(nodes: Set<Node>): Set<Node> {
  for (const node of nodes) {
    const hash = node.next.get('#');
    if (hash) nodes.add(hash);
  }
  return nodes;
}

/**
 * Topic patterns as a trie of words: `*` stands for one word, `#` for any number (AMQP 0-9-1 §3.1.3.3).
 * All nodes a key can be at are followed side by side, each once per word, so no pattern is slow.
 */
export class TopicTrie implements Matcher {
  readonly readsHeaders = false;
  readonly #root = newNode(false);

  add(binding: BindingDefinition): void {
    let node = this.#root;
    for (const word of wordsOf(binding.pattern)) {
      let next = node.next.get(word);
      if (!next) node.next.set(word, (next = newNode(word === '#')));
      node = next;
    }
    node.bindings.set(binding.id, binding);
  }

  remove(binding: BindingDefinition): void {
    const path: [Node, string][] = [];
    let node = this.#root;
    for (const word of wordsOf(binding.pattern)) {
      const next = node.next.get(word);
      if (!next) return;
      path.push([node, word]);
      node = next;
    }
    node.bindings.delete(binding.id);
    for (const [parent, word] of path.reverse()) {
      const child = parent.next.get(word);
      if (!child || child.bindings.size > 0 || child.next.size > 0) return;
      parent.next.delete(word);
    }
  }

  *match(key: string): Iterable<BindingDefinition> {
    let reached = withoutWord(new Set([this.#root]));
    for (const word of wordsOf(key)) {
      const after = new Set<Node>();
      for (const node of reached) {
        if (node.stays) after.add(node);
        // A key may hold the word "*" or "#" itself: the wildcard child matches it as well.
        const exact = node.next.get(word);
        if (exact) after.add(exact);
        const any = node.next.get('*');
        if (any) after.add(any);
      }
      if (after.size === 0) return;
      reached = withoutWord(after);
    }
    for (const node of reached) yield* node.bindings.values();
  }
}
