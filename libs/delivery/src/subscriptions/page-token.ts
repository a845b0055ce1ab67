import { WaybillError } from '@waybill/kernel';

/** Opaque to clients, so that what a page goes on from can change. */
export const cursorOf = (last: string): string => Buffer.from(`n:${last}`).toString('base64url');

/** The name to go on from; '' without a token. Fails with `request_invalid`. */
export function readCursor(after: string | undefined): string {
  if (after === undefined) return '';
  const text = Buffer.from(after, 'base64url').toString();
  if (!text.startsWith('n:') || text.includes('\0')) throw new WaybillError('request_invalid', {}, { issues: [{ path: 'query.after', message: 'not a "next" of this list' }] });
  return text.slice(2);
}
