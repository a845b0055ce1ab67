import type { BindingDefinition } from '../topology-change.js';
import type { Matcher } from './matcher.js';

interface Node {
  /** Reached by `#`: takes any further word and stays. */
  readonly stays: boolean;
  readonly next: Map<string, Node>;
  readonly bindings: Map<string, BindingDefinition>;
  /** The step in which this node was reached last: a node is followed once, though several ways lead to it. */
  reachedIn: number;
}

const newNode = (stays: boolean): Node => ({ stays, next: new Map(), bindings: new Map(), reachedIn: 0 });
const wordsOf = (text: string): string[] => (text === '' ? [] : text.split('.'));

/**
 * Topic patterns as a trie of words: `*` stands for one word, `#` for any number (AMQP 0-9-1 §3.1.3.3).
 * All nodes a key can be at are followed side by side, each once per word, so no pattern is slow.
 */
export class TopicTrie implements Matcher {
  readonly readsHeaders = false;
  readonly #root = newNode(false);
  #step = 0;

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

  match(key: string): Iterable<BindingDefinition> {
    let reached = this.#reach([], this.#root, (this.#step += 1));
    for (const word of wordsOf(key)) {
      const step = (this.#step += 1);
      const after: Node[] = [];
      for (const node of reached) {
        if (node.stays) this.#reach(after, node, step);
        // A key may hold the word "*" or "#" itself: the wildcard child matches it as well.
        this.#reach(after, node.next.get(word), step);
        this.#reach(after, node.next.get('*'), step);
      }
      if (after.length === 0) return [];
      reached = after;
    }
    return reached.flatMap(({ bindings }) => [...bindings.values()]);
  }

  /** Adds a node, and what is reachable from it without taking a word: `#` also stands for none. */
  #reach(reached: Node[], node: Node | undefined, step: number): Node[] {
    for (let at = node; at !== undefined && at.reachedIn !== step; at = at.next.get('#')) {
      at.reachedIn = step;
      reached.push(at);
    }
    return reached;
  }
}
