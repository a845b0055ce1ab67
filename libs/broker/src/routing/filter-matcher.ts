import { WaybillError } from '@waybill/kernel';
import type { BindingDefinition } from '../topology-change.js';
import { ExactIndex } from './exact-index.js';
import type { Anchor } from './exact-index.js';
import { compileFilter } from './filter-compiler.js';
import type { CompiledFilter } from './filter-compiler.js';
import type { Matcher, Note } from './matcher.js';
import type { MessageView } from './message-view.js';

interface Entry {
  readonly binding: BindingDefinition;
  /** Undefined for a binding without one: it takes every message. */
  readonly filter: CompiledFilter | undefined;
  readonly anchor: Anchor | undefined;
}

/** Bindings whose filters want exact values of a field are found by the value; the others are asked one by one. */
export class FilterMatcher implements Matcher {
  readonly reads = 'message';
  readonly #entries = new Map<string, Entry>();
  readonly #asked = new Map<string, Entry>();
  readonly #index = new ExactIndex<Entry>();
  /** Why a filter that was defined does not compile. */
  readonly #invalid = new Map<string, string>();

  add(binding: BindingDefinition): void {
    let filter: CompiledFilter | undefined;
    try {
      if (binding.filter !== undefined) filter = compileFilter(binding.filter);
    } catch (error) {
      // Definitions are checked when they are made. One that an earlier release let pass must not take the namespace down: it matches nothing, and says so.
      if (!(error instanceof WaybillError)) throw error;
      this.#invalid.set(binding.id, `${error.params['reason']} (at "${error.params['path']}")`);
      return;
    }
    const anchor = filter && this.#index.leastCrowded(filter.anchors);
    const entry: Entry = { binding, filter, anchor };
    this.#entries.set(binding.id, entry);
    if (anchor) this.#index.add(anchor, entry);
    else this.#asked.set(binding.id, entry);
  }

  remove({ id }: BindingDefinition): void {
    this.#invalid.delete(id);
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    this.#asked.delete(id);
    if (entry.anchor) this.#index.remove(entry.anchor, entry);
  }

  match(view: MessageView): readonly BindingDefinition[] {
    const found: BindingDefinition[] = [];
    for (const entry of this.#asked.values()) if (holds(entry, view)) found.push(entry.binding);
    for (const entry of this.#index.candidates(view)) if (holds(entry, view)) found.push(entry.binding);
    return found;
  }

  reason({ id }: BindingDefinition, view: MessageView, matched: boolean): string {
    const entry = this.#entries.get(id);
    if (!entry) return `the filter is not valid and matches nothing: ${this.#invalid.get(id)}`;
    if (matched) return entry.filter ? 'the message fits the filter' : 'the binding has no filter, so it takes every message';
    const note: Note = { reason: '' };
    holds(entry, view, note);
    return note.reason;
  }
}

function holds({ filter }: Entry, view: MessageView, note?: Note): boolean {
  view.spend(1);
  return !filter || filter.holds(view, note);
}
