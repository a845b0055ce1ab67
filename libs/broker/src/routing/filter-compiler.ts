import { filterLimits, filterProperties } from './filter.js';
import type { Anchor, Part } from './exact-index.js';
import { rootHolds } from './filter-node.js';
import type { Branch, Leaf, Root } from './filter-node.js';
import { FilterAllowance, invalid, readTest } from './filter-tests.js';
import type { Scalar, ValueTest } from './filter-tests.js';
import type { Note } from './matcher.js';
import type { MessageView } from './message-view.js';

/** A filter ready to be asked. */
export class CompiledFilter {
  /** Fields that only a message with one of a few exact values can pass. */
  readonly anchors: readonly Anchor[];

  constructor(private readonly root: Root) {
    this.anchors = (['properties', 'headers', 'body'] as const).flatMap((part) => anchorsOf(part, root[part], []));
  }

  holds(view: MessageView, note?: Note): boolean {
    return rootHolds(this.root, view, note);
  }
}

/**
 * Reads a filter as it stands in a definition. Fails with `filter_invalid` (`path` from the filter on, and why) for
 * everything that is unknown, ambiguous or would be slow: what compiles matches in time that grows with the message only.
 */
export function compileFilter(filter: unknown): CompiledFilter {
  return new CompiledFilter(readRoot(filter, '', 1, new FilterAllowance()));
}

function readRoot(filter: unknown, at: string, level: number, allowance: FilterAllowance): Root {
  const root: { -readonly [P in keyof Root]: Root[P] } = { properties: undefined, headers: undefined, body: undefined, alternatives: [] };
  for (const [name, value] of fieldsOf(filter, at, level)) {
    if (value === undefined) continue;
    if (name === 'headers' || name === 'properties' || name === 'body') root[name] = readBranch(name, value, below(at, name), name, 1, allowance);
    else if (name === '$or') root.alternatives = alternativesOf(value, below(at, '$or')).map((one, i) => readRoot(one, `${below(at, '$or')}[${i}]`, level + 1, allowance));
    else throw invalid(at, `"${name.slice(0, 64)}" is not a part of a filter; use headers, properties, body or $or`);
  }
  return root;
}

/** `at` is the place in the definition, `path` how a reader of an explanation names the field. */
function readBranch(part: Part, value: unknown, at: string, path: string, level: number, allowance: FilterAllowance): Branch {
  const fields = new Map<string, Leaf | Branch>();
  let alternatives: Branch[] = [];
  for (const [given, child] of fieldsOf(value, at, level)) {
    if (given === '$or') {
      alternatives = alternativesOf(child, `${at}.$or`).map((one, i) => readBranch(part, one, `${at}.$or[${i}]`, path, level + 1, allowance));
      continue;
    }
    const name = nameOf(part, given, at, allowance);
    const [childAt, childPath] = [below(at, name), below(path, name)];
    if (fields.has(name)) throw invalid(childAt, 'the header is named twice');
    if (Array.isArray(child)) fields.set(name, readLeaf(child, childAt, childPath, allowance));
    else if (typeof child !== 'object' || child === null) throw invalid(childAt, 'put the value into an array');
    else if (part !== 'body') throw invalid(childAt, `${part} hold single values; give an array of tests`);
    else fields.set(name, readBranch(part, child, childAt, childPath, level + 1, allowance));
  }
  return { kind: 'branch', path, fields: [...fields], alternatives };
}

function nameOf(part: Part, name: string, at: string, allowance: FilterAllowance): string {
  allowance.text(at, name, filterLimits.nameCharacters);
  if (name === '' || name === '__proto__' || name === 'constructor' || name === 'prototype') throw invalid(at, `"${name}" cannot name a field`);
  if (part === 'properties' && !(filterProperties as readonly string[]).includes(name)) throw invalid(at, `"${name}" is not a property; use ${filterProperties.join(', ')}`);
  return part === 'headers' ? name.toLowerCase() : name;
}

function readLeaf(raw: readonly unknown[], at: string, path: string, allowance: FilterAllowance): Leaf {
  if (raw.length === 0) throw invalid(at, 'the list of tests is empty');
  const exact = new Set<Scalar>();
  const tests: ValueTest[] = [];
  const words: string[] = [];
  let [present, absent] = [false, false];
  for (const [i, one] of raw.entries()) {
    const wanted = readTest(one, `${at}[${i}]`, allowance);
    if ('exact' in wanted) exact.add(wanted.exact);
    else if ('test' in wanted) tests.push(wanted.test);
    else if (wanted.exists) present = true;
    else absent = true;
    words.push('exact' in wanted ? JSON.stringify(wanted.exact) : 'test' in wanted ? wanted.test.words : wanted.exists ? 'any value' : 'it absent');
  }
  return { kind: 'leaf', path, words: shortened(words), exact, tests, present, absent };
}

function shortened(words: readonly string[]): string {
  return words.length <= 5 ? words.join(' or ') : `${words.slice(0, 5).join(' or ')} or one of ${words.length - 5} more`;
}

const below = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

function fieldsOf(value: unknown, at: string, level: number): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(at, 'give an object');
  if (level > filterLimits.levels) throw invalid(at, `a filter is at most ${filterLimits.levels} levels deep`);
  const fields = Object.entries(value);
  if (fields.length === 0) throw invalid(at, 'the object is empty');
  return fields;
}

function alternativesOf(value: unknown, at: string): unknown[] {
  if (!Array.isArray(value) || value.length < 2) throw invalid(at, 'give an array of at least two alternatives');
  return value;
}

function anchorsOf(part: Part, branch: Branch | undefined, path: readonly string[]): Anchor[] {
  return (branch?.fields ?? []).flatMap(([name, child]) => {
    const deeper = [...path, name];
    if (child.kind === 'branch') return anchorsOf(part, child, deeper);
    const exactOnly = child.exact.size > 0 && child.tests.length === 0 && !child.present && !child.absent;
    return exactOnly ? [{ part, path: deeper, values: child.exact }] : [];
  });
}
