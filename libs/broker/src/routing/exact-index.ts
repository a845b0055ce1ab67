import { valuesAt } from './filter-node.js';
import type { Scalar } from './filter-tests.js';
import type { MessageView } from './message-view.js';

export type Part = 'properties' | 'headers' | 'body';

/** A field of which a binding takes no value but these. */
export interface Anchor {
  readonly part: Part;
  readonly path: readonly string[];
  readonly values: ReadonlySet<Scalar>;
}

interface Field<T> {
  readonly path: readonly string[];
  readonly byValue: Map<Scalar, Set<T>>;
}

/**
 * Bindings by an exact value they want, so that a message is tested against those only that want a value it has.
 * What it finds is a superset of what matches.
 */
export class ExactIndex<T> {
  readonly #fields: Readonly<Record<Part, Map<string, Field<T>>>> = { properties: new Map(), headers: new Map(), body: new Map() };

  /** The anchor that fewest others share: under it an item is looked at least often. The first of equals. */
  leastCrowded(anchors: readonly Anchor[]): Anchor | undefined {
    let best: Anchor | undefined;
    let fewest = Infinity;
    for (const anchor of anchors) {
      const crowd = this.#crowd(anchor);
      if (crowd < fewest) [best, fewest] = [anchor, crowd];
    }
    return best;
  }

  add({ part, path, values }: Anchor, item: T): void {
    const fields = this.#fields[part];
    const name = nameOf(path);
    let field = fields.get(name);
    if (!field) fields.set(name, (field = { path, byValue: new Map() }));
    for (const value of values) {
      const same = field.byValue.get(value);
      if (same) same.add(item);
      else field.byValue.set(value, new Set([item]));
    }
  }

  remove({ part, path, values }: Anchor, item: T): void {
    const fields = this.#fields[part];
    const name = nameOf(path);
    const field = fields.get(name);
    if (!field) return;
    for (const value of values) {
      const same = field.byValue.get(value);
      same?.delete(item);
      if (same?.size === 0) field.byValue.delete(value);
    }
    if (field.byValue.size === 0) fields.delete(name);
  }

  /** Each item once. The body is read only when an item is anchored in it. */
  candidates(view: MessageView): Set<T> {
    const found = new Set<T>();
    const { properties, headers, body } = this.#fields;
    for (const field of properties.values()) collect(field, view.message, view, found);
    this.#headers(headers, view, found);
    if (body.size > 0 && 'value' in view.body) for (const field of body.values()) collect(field, view.body.value, view, found);
    return found;
  }

  /** By the names that are fewer: those the message has, or those some binding asks for. */
  #headers(fields: Map<string, Field<T>>, view: MessageView, found: Set<T>): void {
    if (fields.size === 0) return;
    const names = Object.keys(view.message.headers);
    if (names.length > fields.size) for (const field of fields.values()) collect(field, view.message.headers, view, found);
    else {
      for (const name of names) {
        const field = fields.get(name);
        if (field) collect(field, view.message.headers, view, found);
      }
    }
  }

  #crowd({ part, path, values }: Anchor): number {
    const field = this.#fields[part].get(nameOf(path));
    let crowd = 0;
    if (field) for (const value of values) crowd += field.byValue.get(value)?.size ?? 0;
    return crowd;
  }
}

function collect<T>({ path, byValue }: Field<T>, from: unknown, view: MessageView, found: Set<T>): void {
  valuesAt(from, path, view, (value) => {
    for (const item of byValue.get(value) ?? []) {
      view.spend(1);
      found.add(item);
    }
  });
}

/** Names hold no NUL (filter compiler), but for headers exchanges, whose paths have one name. */
const nameOf = (path: readonly string[]): string => (path.length === 1 ? (path[0] as string) : path.join('\0'));
