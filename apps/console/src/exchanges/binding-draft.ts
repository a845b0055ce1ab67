import { weightLimit, type BindingInput, type RoutedKind } from '@waybill/contracts';
import { headersOf, type HeaderRow } from '../elements/header-rows.js';
import { nameFault } from '../words/names.js';
import { patternWords } from './kinds.js';

/** What the form holds. */
export interface BindingDraft {
  /** `queue:<name>` or `exchange:<name>`; a name holds no colon. */
  destination: string;
  pattern: string;
  headers: HeaderRow[];
  match: 'all' | 'any';
  absent: string[];
  /** JSON; empty for every message. */
  filter: string;
  split: string;
  /** Text while it is typed. */
  weight: number | string;
}

export function emptyBinding(kind: RoutedKind): BindingDraft {
  return { destination: '', pattern: '', headers: kind === 'headers' ? [{ id: 1, name: '', value: '' }] : [], match: 'all', absent: [], filter: '', split: '', weight: 1 };
}

type Body = Pick<BindingInput, 'destination'> & Partial<BindingInput>;

/** What the form says, without what an exchange of this kind does not look at. */
export function bindingBodyOf({ destination, pattern, headers, match, absent, filter, split, weight }: BindingDraft, kind: RoutedKind): Body {
  const [what, name = ''] = destination.split(':');
  return {
    destination: what === 'queue' ? { queue: name } : { exchange: name },
    ...(patternWords[kind] === null ? {} : { pattern }),
    ...(kind === 'headers' ? { headers: headersOf(headers.filter((row) => row.name.trim() !== '')), match, absent } : {}),
    ...(kind === 'filter' && filter.trim() !== '' ? { filter: JSON.parse(filter) as Record<string, unknown> } : {}),
    ...(kind === 'consistent-hash' ? { weight: Number(weight) } : split === '' ? {} : { split, weight: Number(weight) }),
  };
}

/** Whether the text is an object in JSON; what the object may hold is the server's to say. */
export function filterFault(text: string): string | null {
  if (text.trim() === '') return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? null : 'Enter an object: {"body": {"field": ["value"]}}.';
  } catch {
    return 'This is not valid JSON.';
  }
}

export const splitFault = (split: string): string | null => (split === '' ? null : nameFault(split));

export const weightFault = (weight: number | string): string | null =>
  typeof weight === 'number' && Number.isInteger(weight) && weight >= 1 && weight <= weightLimit ? null : 'Use a whole number from 1 to 1,000.';
