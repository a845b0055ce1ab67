import type { ReceivedMessage } from '@waybill/contracts';

/** More than this is not read by eye; the copy button still takes all of it. */
const shownLimit = 20_000;

/** A body made readable: JSON indented, bytes as the base64 they came in, long ones cut with a word about it. */
export function bodyText({ body, bodyEncoding, contentType }: Pick<ReceivedMessage, 'body' | 'bodyEncoding' | 'contentType'>): { text: string; note: string | null } {
  if (body === '') return { text: '(empty)', note: null };
  const pretty = bodyEncoding === 'utf8' && /json/i.test(contentType) ? indented(body) : body;
  const notes = [bodyEncoding === 'base64' ? 'not text, shown as base64' : null, pretty.length > shownLimit ? `first ${shownLimit.toLocaleString('en')} characters` : null];
  return { text: pretty.slice(0, shownLimit), note: notes.filter((note) => note !== null).join(', ') || null };
}

function indented(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
