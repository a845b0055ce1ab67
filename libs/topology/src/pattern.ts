import type { ExchangeKind } from '@waybill/broker';
import { WaybillError } from '@waybill/kernel';
import { patternLimitBytes } from './limits.js';

/**
 * Refuses a pattern the exchange could not route by. In a topic pattern `*` (one word) and `#` (any number of
 * words) stand alone between dots, as AMQP 0-9-1 §3.1.3.3 has it. NUL and broken surrogates fit no store.
 * Fails with `pattern_too_long` or `pattern_invalid`.
 */
export function requirePattern(kind: ExchangeKind, pattern: string): void {
  if (Buffer.byteLength(pattern) > patternLimitBytes) throw new WaybillError('pattern_too_long', { limitBytes: patternLimitBytes });
  if (!isStorable(pattern)) throw new WaybillError('pattern_invalid');
  if (kind !== 'topic') return;
  for (const word of pattern.split('.')) {
    if (word.length > 1 && /[*#]/.test(word)) throw new WaybillError('pattern_invalid');
  }
}

/** Header matches share a jsonb column with everything else PostgreSQL cannot hold refused. */
export function requireHeaders(headers: Readonly<Record<string, string>>, path: string): void {
  for (const [name, value] of Object.entries(headers)) {
    if (isStorable(name) && isStorable(value)) continue;
    throw new WaybillError('request_invalid', {}, { issues: [{ path, message: 'NUL and unpaired surrogates are not allowed' }] });
  }
}

const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();
