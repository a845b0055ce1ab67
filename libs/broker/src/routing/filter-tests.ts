import { WaybillError } from '@waybill/kernel';
import { filterLimits } from './filter.js';

export type Scalar = string | number | boolean | null;

/** One test on one value of a message. */
export interface ValueTest {
  readonly words: string;
  /** Whether it looks through the whole text instead of its ends. */
  readonly scans: boolean;
  holds(value: Scalar): boolean;
}

/** What an element of a test array asks for. */
export type Wanted = { readonly exact: Scalar } | { readonly exists: boolean } | { readonly test: ValueTest };

export function invalid(path: string, reason: string): WaybillError {
  return new WaybillError('filter_invalid', { path, reason });
}

/** Counts what one filter asks for, and refuses what is too much or no filter can hold. */
export class FilterAllowance {
  #tests = 0;
  #characters = 0;

  test(path: string): void {
    if ((this.#tests += 1) > filterLimits.tests) throw invalid(path, `a filter has at most ${filterLimits.tests} tests`);
  }

  text(path: string, value: unknown, most: number = filterLimits.textCharacters): string {
    if (typeof value !== 'string') throw invalid(path, 'give a text');
    if (value.length > most) throw invalid(path, `at most ${most} characters are allowed here`);
    if (value.includes('\0') || !value.isWellFormed()) throw invalid(path, 'NUL and unpaired surrogates are not allowed');
    if ((this.#characters += value.length) > filterLimits.characters) throw invalid(path, `all names and texts of a filter have at most ${filterLimits.characters} characters`);
    return value;
  }

  number(path: string, value: unknown): number {
    if (typeof value !== 'number' || !(Math.abs(value) <= filterLimits.number)) throw invalid(path, `give a number from -${filterLimits.number} to ${filterLimits.number}`);
    return value;
  }
}

const textOperators: ReadonlySet<string> = new Set(['prefix', 'suffix', 'wildcard', 'equals-ignore-case']);

/** Reads one element of a test array. Fails with `filter_invalid`. */
export function readTest(raw: unknown, path: string, allowance: FilterAllowance): Wanted {
  allowance.test(path);
  if (raw === null || typeof raw === 'boolean') return { exact: raw };
  if (typeof raw === 'string') return { exact: allowance.text(path, raw) };
  if (typeof raw === 'number') return { exact: allowance.number(path, raw) };
  const [operator, wanted] = onlyEntry(raw, path);
  const at = `${path}.${operator.slice(0, 64)}`;
  switch (operator) {
    case 'exists':
      if (typeof wanted !== 'boolean') throw invalid(at, 'give true or false');
      return { exists: wanted };
    case 'numeric':
      return { test: readNumeric(wanted, at, allowance) };
    case 'anything-but':
      return { test: readAnythingBut(wanted, at, allowance) };
    default:
      if (!textOperators.has(operator)) throw invalid(at, `this operator does not exist; use exists, numeric, anything-but, ${[...textOperators].join(', ')}`);
      return { test: readTextTest(operator, wanted, at, allowance) };
  }
}

function onlyEntry(raw: unknown, path: string): [string, unknown] {
  const entries = typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? Object.entries(raw) : [];
  const [only] = entries;
  if (!only || entries.length > 1) throw invalid(path, 'give a text, a number, true, false, null, or an object with one operator');
  return only;
}

/** Folds case letter by letter: `ς` is what the final letter of a word becomes, which depends on what follows. */
const folded = (text: string): string => text.toLowerCase().replaceAll('ς', 'σ');

function readTextTest(operator: string, wanted: unknown, path: string, allowance: FilterAllowance): ValueTest {
  if (operator === 'wildcard') return readWildcard(wanted, path, allowance);
  if (operator === 'equals-ignore-case') {
    const text = folded(allowance.text(path, wanted));
    // Folding never shortens a text, so a longer one need not be folded to know.
    return textTest(operator, wanted, (value) => value.length <= text.length && folded(value) === text);
  }
  const ignoresCase = typeof wanted === 'object' && wanted !== null;
  const text = allowance.text(path, ignoresCase ? ignoredCase(wanted, path) : wanted);
  if (text === '') throw invalid(path, 'an empty text matches everything; use exists');
  if (!ignoresCase) return textTest(operator, wanted, operator === 'prefix' ? (value) => value.startsWith(text) : (value) => value.endsWith(text));
  const lower = folded(text);
  return textTest(
    operator,
    wanted,
    operator === 'prefix' ? (value) => folded(value.slice(0, lower.length)).startsWith(lower) : (value) => folded(value.slice(-lower.length)).endsWith(lower),
  );
}

function ignoredCase(raw: object, path: string): unknown {
  const [operator, wanted] = onlyEntry(raw, path);
  if (operator !== 'equals-ignore-case') throw invalid(path, 'give a text, or {"equals-ignore-case": text}');
  return wanted;
}

function textTest(operator: string, wanted: unknown, holds: (value: string) => boolean, scans = false): ValueTest {
  return { words: `${operator} ${JSON.stringify(wanted)}`, scans, holds: (value) => typeof value === 'string' && holds(value) };
}

/** `*` stands for any characters; `\*` and `\\` for themselves. The leftmost place of each part is the right one, so nothing is tried twice. */
function readWildcard(wanted: unknown, path: string, allowance: FilterAllowance): ValueTest {
  const pattern = allowance.text(path, wanted, filterLimits.wildcardCharacters);
  const parts = [''];
  for (let i = 0; i < pattern.length; i += 1) {
    const character = pattern[i];
    if (character === '*') {
      if (pattern[i + 1] === '*') throw invalid(path, '"*" cannot follow "*"');
      parts.push('');
    } else {
      if (character === '\\' && !/[*\\]/.test(pattern[(i += 1)] ?? '')) throw invalid(path, 'a backslash stands before "*" or a backslash only');
      parts.push(`${parts.pop()}${pattern[i]}`);
    }
  }
  if (parts.length - 1 > filterLimits.wildcards) throw invalid(path, `a pattern has at most ${filterLimits.wildcards} times "*"`);
  const first = parts.shift() as string;
  const last = parts.pop();
  if (last === undefined) return textTest('wildcard', wanted, (value) => value === first);
  return textTest(
    'wildcard',
    wanted,
    (value) => {
      const end = value.length - last.length;
      if (first.length > end || !value.startsWith(first) || !value.endsWith(last)) return false;
      let at = first.length;
      for (const part of parts) {
        const found = value.indexOf(part, at);
        if (found < 0 || found + part.length > end) return false;
        at = found + part.length;
      }
      return true;
    },
    parts.length > 0,
  );
}

const comparisons: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
};

/** `["=", 1]`, one bound, or a lower and an upper one, as EventBridge has it. */
function readNumeric(wanted: unknown, path: string, allowance: FilterAllowance): ValueTest {
  const shape = 'give an operator (=, >, >=, <, <=) and a number, or a lower and an upper bound';
  if (!Array.isArray(wanted) || (wanted.length !== 2 && wanted.length !== 4)) throw invalid(path, shape);
  const bounds: { operator: string; bound: number }[] = [];
  for (let i = 0; i < wanted.length; i += 2) {
    const operator: unknown = wanted[i];
    if (typeof operator !== 'string' || !Object.hasOwn(comparisons, operator)) throw invalid(path, shape);
    bounds.push({ operator, bound: allowance.number(path, wanted[i + 1]) });
  }
  if (bounds.length === 2) {
    const lower = bounds.find(({ operator }) => operator.startsWith('>'));
    const upper = bounds.find(({ operator }) => operator.startsWith('<'));
    if (!lower || !upper) throw invalid(path, shape);
    if (lower.bound >= upper.bound) throw invalid(path, 'the lower bound must be less than the upper one');
  }
  const tests = bounds.map(({ operator, bound }) => ({ compare: comparisons[operator] as (value: number, bound: number) => boolean, bound }));
  return {
    words: `numeric ${bounds.map(({ operator, bound }) => `${operator} ${bound}`).join(' and ')}`,
    scans: false,
    holds: (value) => typeof value === 'number' && tests.every(({ compare, bound }) => compare(value, bound)),
  };
}

/** Holds for every value there is, of any type, but those named. */
function readAnythingBut(wanted: unknown, path: string, allowance: FilterAllowance): ValueTest {
  const words = `anything-but ${JSON.stringify(wanted)}`;
  if (typeof wanted === 'object' && wanted !== null && !Array.isArray(wanted)) {
    const [operator, texts] = onlyEntry(wanted, path);
    const at = `${path}.${operator.slice(0, 64)}`;
    if (!textOperators.has(operator)) throw invalid(at, `anything-but takes texts, numbers or one of ${[...textOperators].join(', ')}`);
    const refused = listOf(texts, at, allowance).map((text) => readTextTest(operator, requireText(text, at), at, allowance));
    return { words, scans: refused.some(({ scans }) => scans), holds: (value) => !refused.some((test) => test.holds(value)) };
  }
  const values = listOf(wanted, path, allowance).map((value) => (typeof value === 'number' ? allowance.number(path, value) : allowance.text(path, value)));
  if (new Set(values.map((value) => typeof value)).size > 1) throw invalid(path, 'give texts or numbers, not both');
  const refused: ReadonlySet<Scalar> = new Set(values);
  return { words, scans: false, holds: (value) => !refused.has(value) };
}

function listOf(wanted: unknown, path: string, allowance: FilterAllowance): unknown[] {
  if (!Array.isArray(wanted)) return [wanted];
  if (wanted.length === 0) throw invalid(path, 'the list is empty');
  for (const _ of wanted.slice(1)) allowance.test(path);
  return wanted;
}

function requireText(value: unknown, path: string): string {
  if (typeof value !== 'string') throw invalid(path, 'give a text or a list of texts');
  return value;
}
