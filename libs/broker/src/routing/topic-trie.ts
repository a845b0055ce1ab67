import type { BindingDefinition } from '../topology-change.js';
import type { Matcher } from './matcher.js';
import { shown } from './matcher.js';
import type { MessageView } from './message-view.js';

interface Node {
  /** Reached by `#`: takes any further word and stays. */
  readonly stays: boolean;
  /** Made when the first child or binding comes: most nodes of a large trie have one or none. */
  words: Map<string, Node> | undefined;
  anyWord: Node | undefined;
  anyWords: Node | undefined;
  bindings: Map<string, BindingDefinition> | undefined;
  /** The step in which this node was reached last: a node is followed once, though several ways lead to it. */
  reachedIn: number;
}

const newNode = (stays: boolean): Node => ({ stays, words: undefined, anyWord: undefined, anyWords: undefined, bindings: undefined, reachedIn: 0 });
const wordsOf = (text: string): string[] => (text === '' ? [] : text.split('.'));
const none: readonly BindingDefinition[] = [];

/**
 * Topic patterns as a trie of words: `*` stands for one word, `#` for any number (AMQP 0-9-1 §3.1.3.3).
 * All nodes a key can be at are followed side by side, each once per word, so no pattern is slow.
 */
export class TopicTrie implements Matcher {
  readonly reads = 'key';
  readonly #root = newNode(false);
  #step = 0;

  add(binding: BindingDefinition): void {
    let node = this.#root;
    for (const word of wordsOf(binding.pattern)) node = childOf(node, word) ?? addChild(node, word);
    (node.bindings ??= new Map()).set(binding.id, binding);
  }

  remove(binding: BindingDefinition): void {
    const path: [Node, string][] = [];
    let node = this.#root;
    for (const word of wordsOf(binding.pattern)) {
      const next = childOf(node, word);
      if (!next) return;
      path.push([node, word]);
      node = next;
    }
    node.bindings?.delete(binding.id);
    if (node.bindings?.size === 0) node.bindings = undefined;
    for (const [parent, word] of path.reverse()) {
      const child = childOf(parent, word);
      if (!child || child.bindings || child.words || child.anyWord || child.anyWords) return;
      dropChild(parent, word);
    }
  }

  match({ message: { key } }: MessageView): readonly BindingDefinition[] {
    let reached = this.#reach([], this.#root, (this.#step += 1));
    for (const word of wordsOf(key)) {
      const step = (this.#step += 1);
      const after: Node[] = [];
      for (const node of reached) {
        if (node.stays) this.#reach(after, node, step);
        this.#reach(after, node.words?.get(word), step);
        this.#reach(after, node.anyWord, step);
      }
      if (after.length === 0) return none;
      reached = after;
    }
    const found: BindingDefinition[] = [];
    for (const { bindings } of reached) if (bindings) for (const binding of bindings.values()) found.push(binding);
    return found;
  }

  reason({ pattern }: BindingDefinition, { message: { key } }: MessageView, matched: boolean): string {
    return matched ? `the key ${shown(key)} fits the pattern ${shown(pattern)}` : misfit(wordsOf(key), wordsOf(pattern));
  }

  /** Adds a node, and what is reachable from it without taking a word: `#` also stands for none. */
  #reach(reached: Node[], node: Node | undefined, step: number): Node[] {
    for (let at = node; at !== undefined && at.reachedIn !== step; at = at.anyWords) {
      at.reachedIn = step;
      reached.push(at);
    }
    return reached;
  }
}

function childOf(node: Node, word: string): Node | undefined {
  if (word === '*') return node.anyWord;
  return word === '#' ? node.anyWords : node.words?.get(word);
}

function addChild(node: Node, word: string): Node {
  const child = newNode(word === '#');
  if (word === '*') node.anyWord = child;
  else if (word === '#') node.anyWords = child;
  else (node.words ??= new Map()).set(word, child);
  return child;
}

function dropChild(node: Node, word: string): void {
  if (word === '*') node.anyWord = undefined;
  else if (word === '#') node.anyWords = undefined;
  else {
    node.words?.delete(word);
    if (node.words?.size === 0) node.words = undefined;
  }
}

/** What keeps a key from fitting a pattern that it is known not to fit. */
function misfit(key: readonly string[], pattern: readonly string[]): string {
  const open = pattern.indexOf('#');
  const fixed = open < 0 ? pattern.length : open;
  for (let i = 0; i < fixed && i < key.length; i += 1) {
    if (pattern[i] !== '*' && pattern[i] !== key[i]) return `word ${i + 1} is ${shown(key[i])}, the pattern wants ${shown(pattern[i])}`;
  }
  const wanted = pattern.filter((word) => word !== '#').length;
  const has = `the key has ${key.length} ${key.length === 1 ? 'word' : 'words'}`;
  if (key.length < wanted) return `${has}, the pattern wants ${open < 0 ? '' : 'at least '}${wanted}`;
  if (open < 0) return `${has}, the pattern wants ${wanted}`;
  return `no part of the key ${shown(key.join('.'))} fits what follows "#" in the pattern ${shown(pattern.join('.'))}`;
}
