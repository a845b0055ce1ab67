import { WaybillError } from '@waybill/kernel';
import type { Page } from './definitions.js';

/** Sorts before every name: the place just behind the built-in exchange. */
export const beforeAllNames = '';

/** Opaque to clients, so that what a page goes on from can change. */
export const cursorOf = (last: string): string => Buffer.from(`n:${last}`).toString('base64url');

/** The name to go on from; null without a cursor. Fails with `request_invalid`. */
export function readCursor(after: string | undefined): string | null {
  if (after === undefined) return null;
  const text = Buffer.from(after, 'base64url').toString();
  if (!text.startsWith('n:') || text.includes('\0')) {
    throw new WaybillError('request_invalid', {}, { issues: [{ path: 'query.after', message: 'not a "next" of this list' }] });
  }
  return text.slice(2);
}

/** Cuts what was read with one row more than asked for into a page. */
export function pageOf<T>(rows: readonly T[], limit: number, key: (row: T) => string): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? cursorOf(key(last)) : null };
}
