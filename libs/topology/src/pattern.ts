import type { RoutedKind } from '@waybill/broker';
import { WaybillError } from '@waybill/kernel';
import { patternLimitBytes } from './limits.js';
import { isStorable } from './refusals.js';

/**
 * Refuses a pattern the exchange could not route by. In a topic pattern `*` (one word) and `#` (any number of
 * words) stand alone between dots, as AMQP 0-9-1 §3.1.3.3 has it. NUL and broken surrogates fit no store.
 * Fails with `pattern_too_long` or `pattern_invalid`.
 */
export function requirePattern(kind: RoutedKind, pattern: string): void {
  if (Buffer.byteLength(pattern) > patternLimitBytes) throw new WaybillError('pattern_too_long', { limitBytes: patternLimitBytes });
  if (!isStorable(pattern)) throw new WaybillError('pattern_invalid');
  if (kind !== 'topic') return;
  for (const word of pattern.split('.')) {
    if (word.length > 1 && /[*#]/.test(word)) throw new WaybillError('pattern_invalid');
  }
}
