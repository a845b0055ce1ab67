import type { Scalar, ValueTest } from './filter-tests.js';
import type { Note } from './matcher.js';
import { shown } from './matcher.js';
import type { MessageView } from './message-view.js';

/** A field with tests, of which one must hold. */
export interface Leaf {
  readonly kind: 'leaf';
  /** As a reader names it: `body.order.total`. */
  readonly path: string;
  readonly words: string;
  readonly exact: ReadonlySet<Scalar>;
  readonly tests: readonly ValueTest[];
  /** `exists: true` and `exists: false` among the tests. */
  readonly present: boolean;
  readonly absent: boolean;
}

/** Fields that must all hold, and alternatives of which one must. */
export interface Branch {
  readonly kind: 'branch';
  readonly path: string;
  readonly fields: readonly (readonly [string, Leaf | Branch])[];
  readonly alternatives: readonly Branch[];
}

/** The parts of a filter; all that are there must hold. */
export interface Root {
  readonly properties: Branch | undefined;
  readonly headers: Branch | undefined;
  readonly body: Branch | undefined;
  readonly alternatives: readonly Root[];
}

/** Whether a message fits; if not, `note` says the first reason. Never throws but for what {@link MessageView.spend} refuses. */
export function rootHolds({ properties, headers, body, alternatives }: Root, view: MessageView, note?: Note): boolean {
  if (properties && !branchHolds(properties, view.message, view, note)) return false;
  if (headers && !branchHolds(headers, view.message.headers, view, note)) return false;
  if (body) {
    const json = view.body;
    if ('unreadable' in json) return fails(note, json.unreadable);
    if (!deeperHolds(body, json.value, view, note)) return false;
  }
  if (alternatives.length === 0 || alternatives.some((alternative) => rootHolds(alternative, view, note))) return true;
  return fails(note, `no alternative of $or holds; the last: ${note?.reason}`);
}

/** `value` is the object whose fields are asked for; anything else has no fields. */
function branchHolds({ fields, alternatives, path }: Branch, value: unknown, view: MessageView, note?: Note): boolean {
  for (const [name, child] of fields) {
    const found = fieldOf(value, name);
    if (!(child.kind === 'leaf' ? leafHolds(child, found, view, note) : deeperHolds(child, found, view, note))) return false;
  }
  if (alternatives.length === 0 || alternatives.some((alternative) => branchHolds(alternative, value, view, note))) return true;
  return fails(note, `no alternative of $or in ${path} holds; the last: ${note?.reason}`);
}

/** Fields below an array must hold in one and the same element, as EventBridge has it; an array without objects has no fields. */
function deeperHolds(branch: Branch, found: unknown, view: MessageView, note?: Note): boolean {
  if (!Array.isArray(found)) return branchHolds(branch, found, view, note);
  let objects = 0;
  const fits = (element: unknown): boolean => {
    view.spend(1);
    if (Array.isArray(element)) return element.some(fits);
    if (typeof element !== 'object' || element === null) return false;
    objects += 1;
    return branchHolds(branch, element, view, note);
  };
  if (found.some(fits)) return true;
  if (objects === 0) return branchHolds(branch, undefined, view, note);
  return fails(note, `no element of ${branch.path} fits (${objects} looked at); the last: ${note?.reason}`);
}

/** An array fits when one of its elements does. Objects are no values: `exists` does not see them either, as in EventBridge. */
function leafHolds(leaf: Leaf, found: unknown, view: MessageView, note?: Note): boolean {
  let values = 0;
  const fits = (value: unknown): boolean => {
    view.spend(1);
    if (Array.isArray(value)) return value.some(fits);
    if (!isScalar(value)) return false;
    values += 1;
    return leaf.present || leaf.exact.has(value) || leaf.tests.some((test) => testHolds(test, value, view));
  };
  if (fits(found) || (values === 0 && leaf.absent)) return true;
  return fails(note, values === 0 ? `${leaf.path} is missing, the filter wants ${leaf.words}` : `${leaf.path} is ${shown(found)}, the filter wants ${leaf.words}`);
}

function testHolds(test: ValueTest, value: Scalar, view: MessageView): boolean {
  view.spend(test.scans && typeof value === 'string' ? 1 + value.length / 64 : 1);
  return test.holds(value);
}

/** Every single value under a path, through arrays on the way: all that a leaf there could be asked about. */
export function valuesAt(from: unknown, path: readonly string[], view: MessageView, visit: (value: Scalar) => void, depth = 0): void {
  view.spend(1);
  if (Array.isArray(from)) for (const element of from) valuesAt(element, path, view, visit, depth);
  else if (depth < path.length) {
    const next = fieldOf(from, path[depth] as string);
    if (next !== undefined) valuesAt(next, path, view, visit, depth + 1);
  } else if (isScalar(from)) visit(from);
}

function isScalar(value: unknown): value is Scalar {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function fails(note: Note | undefined, reason: string): false {
  if (note) note.reason = reason;
  return false;
}
