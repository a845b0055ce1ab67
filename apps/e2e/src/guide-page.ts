/** A page of docs/guides as blocks that run, each with the output it promises. */
export interface Block {
  readonly language: 'bash' | 'ts';
  /** Of the fence, from 1. */
  readonly line: number;
  readonly code: string;
  readonly expected: { readonly kind: 'text' | 'json'; readonly text: string; readonly line: number } | undefined;
}

interface Fence {
  readonly info: string;
  readonly line: number;
  readonly code: string;
}

/** Blocks of ```bash and ```ts in order; the next block, when it is ```text or ```json, is what they print. `no-run` and `no-check` leave a block out. */
export function blocksOf(page: string): Block[] {
  const fences = fencesOf(page);
  return fences.flatMap(({ info, line, code }, index) => {
    const [language, ...flags] = info.split(/\s+/);
    if ((language !== 'bash' && language !== 'ts') || flags.includes('no-run')) return [];
    return [{ language, line, code, expected: promised(fences[index + 1]) }];
  });
}

function promised(next: Fence | undefined): Block['expected'] {
  const [kind, ...flags] = next?.info.split(/\s+/) ?? [];
  if (next === undefined || flags.includes('no-check') || (kind !== 'text' && kind !== 'json')) return undefined;
  return { kind, text: next.code, line: next.line };
}

function fencesOf(page: string): Fence[] {
  const fences: Fence[] = [];
  let open: { info: string; line: number; code: string[] } | undefined;
  for (const [index, text] of page.split('\n').entries()) {
    if (!text.startsWith('```')) open?.code.push(text);
    else if (open) {
      fences.push({ info: open.info, line: open.line, code: open.code.join('\n') });
      open = undefined;
    } else open = { info: text.slice(3).trim(), line: index + 1, code: [] };
  }
  if (open) throw new Error(`the block at line ${open.line} has no end`);
  return fences;
}

const wildcard = /…|<any>/;

/** Undefined when the output is what was promised; otherwise how it differs. `…` and `<any>` stand for anything. */
export function difference(expected: NonNullable<Block['expected']>, output: string): string | undefined {
  if (expected.kind === 'text') return fits(expected.text.trim(), output.trim()) ? undefined : shown(expected.text.trim(), output.trim());
  let parsed: unknown;
  try {
    parsed = JSON.parse(output);
  } catch {
    return shown(expected.text, output);
  }
  const where = jsonDifference(JSON.parse(expected.text), parsed, '');
  return where === undefined ? undefined : `${where}\n${shown(expected.text, output)}`;
}

/** An object with the name "…" may have more than it shows. */
function jsonDifference(wanted: unknown, got: unknown, at: string): string | undefined {
  if (typeof wanted === 'string' && wildcard.test(wanted)) return /^(…|<any>)$/.test(wanted) || (typeof got === 'string' && fits(wanted, got)) ? undefined : `at ${at || 'the top'}`;
  if (typeof wanted !== 'object' || wanted === null || typeof got !== 'object' || got === null) return Object.is(wanted, got) ? undefined : `at ${at || 'the top'}`;
  const open = '…' in wanted;
  const names = new Set([...Object.keys(wanted), ...(open ? [] : Object.keys(got))]);
  names.delete('…');
  if (Array.isArray(wanted) !== Array.isArray(got)) return `at ${at || 'the top'}`;
  for (const name of names) {
    const path = at === '' ? name : `${at}.${name}`;
    if (!(name in wanted) || !(name in got)) return `at ${path}`;
    const found = jsonDifference((wanted as Record<string, unknown>)[name], (got as Record<string, unknown>)[name], path);
    if (found !== undefined) return found;
  }
  return undefined;
}

function fits(wanted: string, got: string): boolean {
  const pattern = wanted.split(/(…|<any>)/).map((part) => (wildcard.test(part) ? '[^\\n]*?' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))).join('');
  return new RegExp(`^${pattern}$`).test(got);
}

const shown = (wanted: string, got: string): string => `promised:\n${wanted.trim()}\nprinted:\n${got.trim()}`;
