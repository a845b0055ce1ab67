import { createHash } from 'node:crypto';
import { base32 } from '@waybill/kernel';
import type { BindingRule } from './definitions.js';

/**
 * 80 bits of the content's SHA-256: the same binding always has the same id, in whatever order its headers and the
 * fields of its filter come. What is as usual is not part of the content, so that new settings leave old ids alone.
 */
export function bindingId(source: string, { destination, pattern, headers, match, absent, filter, split, weight }: BindingRule): string {
  const target = 'queue' in destination ? ['queue', destination.queue] : ['exchange', destination.exchange];
  const more = {
    ...(absent.length === 0 ? {} : { absent: [...absent].sort() }),
    ...(filter === null ? {} : { filter: sorted(filter) }),
    ...(split === null ? {} : { split }),
    ...(weight === 1 ? {} : { weight }),
  };
  const content = JSON.stringify([source, target, pattern, Object.entries(headers).sort(byName), match, ...(Object.keys(more).length === 0 ? [] : [more])]);
  return `b_${base32(createHash('sha256').update(content).digest()).slice(0, 16)}`;
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : a > b ? 1 : 0);

/** Objects as pairs in the order of their names; lists keep theirs. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return { pairs: Object.entries(value).sort(byName).map(([name, part]) => [name, sorted(part)]) };
}
