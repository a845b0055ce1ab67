import { isUtf8 } from 'node:buffer';

/** A body as filters see it: a JSON object or array, or why there is none. */
export type JsonBody = { readonly value: object } | { readonly unreadable: string };

export const jsonBodyLimits = { bytes: 1024 * 1024, levels: 64 } as const;

const quote = 0x22;
const backslash = 0x5c;

/** Never throws: a body that is no JSON (RFC 8259) within the limits has a reason instead of a value. */
export function readJsonBody(body: Buffer | undefined): JsonBody {
  if (body === undefined) return { unreadable: 'the body is stored outside the broker, where filters do not look' };
  if (body.length > jsonBodyLimits.bytes) return { unreadable: `the body is larger than ${jsonBodyLimits.bytes} bytes` };
  if (!isUtf8(body)) return { unreadable: 'the body is not JSON: it is not UTF-8' };
  if (isDeep(body)) return { unreadable: `the body is nested deeper than ${jsonBodyLimits.levels} levels` };
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? { value } : { unreadable: 'the body is not a JSON object or array' };
  } catch {
    return { unreadable: 'the body is not JSON' };
  }
}

/** Looks at brackets only, so that nothing deep is ever built. */
function isDeep(body: Buffer): boolean {
  let levels = 0;
  let inText = false;
  for (let i = 0; i < body.length; i += 1) {
    const byte = body[i];
    if (byte === quote) inText = !inText;
    else if (inText) i += byte === backslash ? 1 : 0;
    else if (byte === 0x5b || byte === 0x7b) {
      levels += 1;
      if (levels > jsonBodyLimits.levels) return true;
    } else if (byte === 0x5d || byte === 0x7d) levels -= 1;
  }
  return false;
}
