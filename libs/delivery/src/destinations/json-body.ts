import type { OutgoingMessage } from '../destination.js';

/** JSON nested deeper is carried as text: reading it would cost more than it is worth (reliability: bombs). */
const deepestJson = 64;
const jsonType = /^application\/(?:[a-z0-9.+-]+\+)?json(?:;|$)/i;
const textType = /^text\/|^application\/(?:[a-z0-9.+-]+\+)?xml(?:;|$)|^application\/x-www-form-urlencoded/i;
const utf8 = new TextDecoder('utf-8', { fatal: true });

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
  try {
    return utf8.decode(body);
  } catch {
    return undefined;
  }
}

export function base64Of(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64');
}

function parsed(body: Uint8Array): JsonBody | undefined {
  if (isTooDeep(body)) return undefined;
  try {
    const text = utf8.decode(body);
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
