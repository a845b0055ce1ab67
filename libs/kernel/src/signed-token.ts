import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from './secret.js';

const signatureChars = 43;

/**
 * Tokens that say themselves what they are for: `<prefix><payload, base64url of JSON>_<HMAC-SHA256>`. The prefix is the purpose
 * of the signature, so that a token of one purpose never passes for one of another. The payload is readable to who has it.
 */
export class SignedTokens<Payload extends object> {
  constructor(
    readonly prefix: string,
    private readonly secret: Secret,
  ) {}

  make(payload: Payload): string {
    const text = Buffer.from(JSON.stringify(payload)).toString('base64url');
    return `${this.prefix}${text}_${this.#sign(text)}`;
  }

  /** Whether a token claims this purpose; it may still not be ours. */
  claims(token: string): boolean {
    return token.startsWith(this.prefix);
  }

  /** What we signed; undefined for a token that is not ours or was changed. Whether it still holds is for the caller to see. */
  read(token: string): Payload | undefined {
    const split = token.length - signatureChars - 1;
    if (!this.claims(token) || split <= this.prefix.length || token[split] !== '_') return undefined;
    const text = token.slice(this.prefix.length, split);
    // Compared as text: base64url has more than one spelling of the same bytes.
    const [given, expected] = [Buffer.from(token.slice(split + 1)), Buffer.from(this.#sign(text))];
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    return JSON.parse(Buffer.from(text, 'base64url').toString()) as Payload;
  }

  #sign(text: string): string {
    return createHmac('sha256', this.secret.reveal()).update(`${this.prefix}${text}`).digest('base64url');
  }
}
