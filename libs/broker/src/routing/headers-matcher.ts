import type { BindingDefinition } from '../topology-change.js';
import { ExactIndex } from './exact-index.js';
import type { Anchor } from './exact-index.js';
import type { Matcher, Note, RoutedMessage } from './matcher.js';
import { shown } from './matcher.js';
import type { MessageView } from './message-view.js';

interface Entry {
  readonly binding: BindingDefinition;
  readonly wanted: readonly (readonly [string, string])[];
  readonly absent: readonly string[];
  /** Empty for a binding that must be asked about every message. */
  readonly anchors: readonly Anchor[];
}

/** A binding that wants no headers matches every message, as in AMQP 0-9-1 with `x-match: all` and no arguments. */
export class HeadersMatcher implements Matcher {
  readonly reads = 'message';
  readonly #entries = new Map<string, Entry>();
  readonly #asked = new Map<string, Entry>();
  readonly #index = new ExactIndex<Entry>();

  add(binding: BindingDefinition): void {
    const wanted = Object.entries(binding.headers).map(([name, value]) => [name.toLowerCase(), value] as const);
    const all = wanted.map(([name, value]): Anchor => ({ part: 'headers', path: [name], values: new Set([value]) }));
    const least = binding.match === 'all' ? this.#index.leastCrowded(all) : undefined;
    const anchors = least ? [least] : all;
    const entry: Entry = { binding, wanted, absent: (binding.absent ?? []).map((name) => name.toLowerCase()), anchors };
    this.#entries.set(binding.id, entry);
    if (anchors.length === 0) this.#asked.set(binding.id, entry);
    for (const anchor of anchors) this.#index.add(anchor, entry);
  }

  remove(binding: BindingDefinition): void {
    const entry = this.#entries.get(binding.id);
    if (!entry) return;
    this.#entries.delete(binding.id);
    this.#asked.delete(binding.id);
    for (const anchor of entry.anchors) this.#index.remove(anchor, entry);
  }

  match(view: MessageView): readonly BindingDefinition[] {
    const found: BindingDefinition[] = [];
    for (const entry of this.#asked.values()) if (holds(entry, view)) found.push(entry.binding);
    for (const entry of this.#index.candidates(view)) if (holds(entry, view)) found.push(entry.binding);
    return found;
  }

  reason({ id, match }: BindingDefinition, view: MessageView, matched: boolean): string {
    const note: Note = { reason: '' };
    const entry = this.#entries.get(id);
    if (!matched && entry) holds(entry, view, note);
    if (!matched) return note.reason;
    if (!entry || entry.wanted.length + entry.absent.length === 0) return 'the binding wants no headers, so it takes every message';
    return match === 'any' && entry.wanted.length > 0 ? 'one of the headers wanted is there' : 'the headers are as wanted';
  }
}

function holds({ binding, wanted, absent }: Entry, view: MessageView, note?: Note): boolean {
  view.spend(1 + absent.length + wanted.length);
  const { headers } = view.message;
  for (const name of absent) {
    if (Object.hasOwn(headers, name)) return fails(note, `header "${name}" is there, the binding wants it absent`);
  }
  if (wanted.length === 0) return true;
  if (binding.match === 'any') return wanted.some(([name, value]) => valueOf(headers, name) === value) || fails(note, `none of the headers wanted is there: ${wanted.map(([name]) => `"${name}"`).join(', ')}`);
  for (const [name, value] of wanted) {
    const found = valueOf(headers, name);
    if (found === undefined) return fails(note, `header "${name}" is missing`);
    if (found !== value) return fails(note, `header "${name}" is ${shown(found)}, the binding wants ${shown(value)}`);
  }
  return true;
}

const valueOf = (headers: RoutedMessage['headers'], name: string): string | undefined => (Object.hasOwn(headers, name) ? headers[name] : undefined);

function fails(note: Note | undefined, reason: string): false {
  if (note) note.reason = reason;
  return false;
}
