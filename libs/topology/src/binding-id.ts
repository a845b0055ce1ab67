import { createHash } from 'node:crypto';
import { base32 } from '@waybill/kernel';
import type { BindingInput } from './definitions.js';

/** 80 bits of the content's SHA-256: the same binding always has the same id, in whatever order its headers come. */
export function bindingId(source: string, binding: BindingInput): string {
  const { destination, pattern, headers, match } = binding;
  const target = 'queue' in destination ? ['queue', destination.queue] : ['exchange', destination.exchange];
  const sorted = Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const content = JSON.stringify([source, target, pattern, sorted, match]);
  return `b_${base32(createHash('sha256').update(content).digest()).slice(0, 16)}`;
}
