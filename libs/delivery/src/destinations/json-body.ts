import { isUtf8 } from 'node:buffer';
import type { OutgoingMessage } from '../destination.js';

/** JSON nested deeper is carried as text: reading it would cost more than it is worth (reliability: bombs). */
const deepestJson = 64;
const jsonType = /^application\/(?:[a-z0-9.+-]+\+)?json(?:;|$)/i;
const textType = /^text\/|^application\/(?:[a-z0-9.+-]+\+)?xml(?:;|$)|^application\/x-www-form-urlencoded/i;

export interface JsonBody {
  /** The body's own bytes as text; nothing is reformatted, so numbers keep their digits. */
  readonly text: string;
  readonly value: unknown;
}

const known = new WeakMap<OutgoingMessage, JsonBody | null>();

/** The body as JSON, or undefined when it does not say it is, is none, or is nested too deep. Read once per message. */
export function jsonBodyOf(message: OutgoingMessage): JsonBody | undefined {
  if (!jsonType.test(message.contentType)) return undefined;
  let found = known.get(message);
  if (found === undefined) known.set(message, (found = parsed(message.body) ?? null));
  return found ?? undefined;
}

/** The body as text when it is text in UTF-8. */
export function textBodyOf({ contentType, body }: OutgoingMessage): string | undefined {
  if (!textType.test(contentType) && !jsonType.test(contentType)) return undefined;
  return isUtf8(body) ? textIn(body) : undefined;
}

export function base64Of(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64');
}

/** The body has been checked: decoding it strictly once more would cost as much as sending it. A byte order mark is no part of JSON. */
function textIn(body: Uint8Array): string {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function parsed(body: Uint8Array): JsonBody | undefined {
  if (!isUtf8(body) || isTooDeep(body)) return undefined;
  try {
    const text = textIn(body);
    return { text, value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

function isTooDeep(body: Uint8Array): boolean {
  const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d];
  let depth = 0;
  let inText = false;
  for (let i = 0; i < body.length; i += 1) {
    const byte = body[i];
    if (inText) {
      if (byte === backslash) i += 1;
      else if (byte === quote) inText = false;
    } else if (byte === quote) inText = true;
    else if (byte === openBrace || byte === openBracket) {
      depth += 1;
      if (depth > deepestJson) return true;
    } else if (byte === closeBrace || byte === closeBracket) depth -= 1;
  }
  return false;
}
