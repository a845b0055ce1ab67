import { WaybillError } from '@waybill/kernel';
import type { Secret } from '@waybill/kernel';
import type { HttpAnswer, HttpRequest } from '../../egress/http-caller.js';
import type { WebhookAuth } from './webhook-settings.js';

type ClientCredentials = Extract<WebhookAuth, { kind: 'oauth2' }>;

/** A token is renewed this long before it ends, so that none ends on its way. */
const renewBeforeMs = 30_000;
/** RFC 6749 §5.1 only recommends `expires_in`. */
const assumedLifeMs = 300_000;
const tokenChars = 8_192;

/** No token; `reason` is the word for the attempt: `token_refused`, `token_unavailable`, or why the endpoint was not reached. */
export class TokenError extends Error {
  constructor(readonly reason: string) {
    super(reason);
    this.name = 'TokenError';
  }
}

/** The access token of one destination (RFC 6749 §4.4): fetched once for all calls that wait for it, kept until it ends. */
export class OAuthToken {
  #token: { readonly text: string; readonly untilMs: number } | undefined;
  #fetching: Promise<string> | undefined;
  readonly #path: string;

  constructor(
    private readonly settings: ClientCredentials,
    private readonly clientSecret: Secret,
    private readonly call: (request: HttpRequest) => Promise<HttpAnswer>,
  ) {
    const { pathname, search } = new URL(settings.tokenUrl);
    this.#path = `${pathname}${search}`;
  }

  /** Rejects with TokenError. The fetch outlives the call that began it: others wait for it too. */
  get(nowMs: number, timeoutMs: number): string | Promise<string> {
    if (this.#token !== undefined && nowMs < this.#token.untilMs) return this.#token.text;
    this.#fetching ??= this.#fetch(nowMs, timeoutMs).finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  /** A destination answered 401 to this token; one that came later stays. */
  drop(token: string): void {
    if (this.#token?.text === token) this.#token = undefined;
  }

  async #fetch(nowMs: number, timeoutMs: number): Promise<string> {
    const { clientId, scope, audience, clientAuthentication } = this.settings;
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    if (scope !== undefined) form.set('scope', scope);
    if (audience !== undefined) form.set('audience', audience);
    const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json', 'user-agent': 'Waybill' };
    if (clientAuthentication === 'body') {
      form.set('client_id', clientId);
      form.set('client_secret', this.clientSecret.reveal());
    } else headers['authorization'] = `Basic ${Buffer.from(`${formEncoded(clientId)}:${formEncoded(this.clientSecret.reveal())}`).toString('base64')}`;
    const answer = await this.call({ method: 'POST', path: this.#path, headers: Object.entries(headers).flat(), body: Buffer.from(form.toString()), timeoutMs, signal: new AbortController().signal });
    if (answer.status === null) throw new TokenError(answer.reason);
    if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) throw new TokenError('token_refused');
    if (answer.status !== 200) throw new TokenError('token_unavailable');
    const { token, lifeMs } = tokenIn(answer.head);
    this.#token = { text: token, untilMs: nowMs + Math.max(0, lifeMs - renewBeforeMs) };
    return token;
  }
}

function tokenIn(head: Buffer): { token: string; lifeMs: number } {
  let answer: unknown;
  try {
    answer = JSON.parse(head.toString());
  } catch {
    throw new TokenError('token_unavailable');
  }
  const { access_token: token, expires_in: seconds, token_type: type } = (answer ?? {}) as Record<string, unknown>;
  // It becomes a header: RFC 6750 §2.1 says of which characters.
  if (typeof token !== 'string' || token.length > tokenChars || !/^[A-Za-z0-9\-._~+/]+=*$/.test(token)) throw new TokenError('token_unavailable');
  if (typeof type === 'string' && type.toLowerCase() !== 'bearer') throw new TokenError('token_unavailable');
  const life = Number(seconds);
  return { token, lifeMs: Number.isFinite(life) && life > 0 ? life * 1000 : assumedLifeMs };
}

/** RFC 6749 §2.3.1 and appendix B. */
function formEncoded(text: string): string {
  return new URLSearchParams({ a: text }).toString().slice(2);
}

/** Credentials that do not fit into a header are refused when the destination is opened. Fails with `setting_invalid`. */
export function headerCredential(secret: Secret, name: string): string {
  const text = secret.reveal();
  if (!/^[\x21-\x7e]+$/.test(text)) throw new WaybillError('setting_invalid', { setting: `secrets.${name}`, reason: 'it must be ASCII text without blanks' });
  return text;
}
