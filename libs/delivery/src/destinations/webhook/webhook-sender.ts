import { createSecureContext } from 'node:tls';
import type { Answer, Call, Secrets, Sender } from '../../destination.js';
import { checkedHeaders } from '../../egress/headers.js';
import { HttpCaller } from '../../egress/http-caller.js';
import type { HttpAnswer } from '../../egress/http-caller.js';
import type { EgressGuard } from '../../egress/guard.js';
import { signedHeaders } from '../../signing/standard-webhooks.js';
import { signingKeyOf } from '../../signing/signing-key.js';
import type { SigningKey } from '../../signing/signing-key.js';
import { withoutAnswer } from '../answers.js';
import { secretOf } from '../missing-secret.js';
import { headerText, payloadWriter } from './body.js';
import type { Payload } from './body.js';
import { headerCredential, OAuthToken, TokenError } from './oauth-token.js';
import { requestIdOf, retryAfterMs, verdictOf } from './response-rules.js';
import { RenderedTooLongError } from '../template.js';
import type { WebhookSettings } from './webhook-settings.js';

/** Connections of one destination; the engine's own limit on concurrency is lower. */
const connections = 256;
const unauthorised = 401;

/** What proves who calls: a fixed header, a token that is fetched, or nothing. */
type Authorization = string | OAuthToken | undefined;

/** One open webhook. Everything that does not change from call to call is made once. */
export class WebhookSender implements Sender {
  readonly #caller: HttpCaller;
  readonly #tokenCaller: HttpCaller | undefined;
  readonly #path: string;
  readonly #headers: readonly string[];
  readonly #keys: readonly SigningKey[];
  readonly #payloadOf: (messages: Call['messages']) => Payload;
  readonly #authorization: Authorization;

  /** Throws EgressRefusedError for an address or header, WaybillError for a secret or template that cannot be used. */
  constructor(
    guard: EgressGuard,
    private readonly settings: WebhookSettings,
    secrets: Secrets,
  ) {
    const url = guard.policy.url(settings.url);
    this.#path = `${url.pathname}${url.search}`;
    this.#headers = Object.entries({ 'user-agent': 'Waybill', ...checkedHeaders(settings.headers) }).flat();
    this.#keys = (secrets['signing'] ?? []).map(signingKeyOf);
    this.#payloadOf = payloadWriter(settings);
    const { auth } = settings;
    if (auth.kind === 'oauth2') {
      this.#tokenCaller = new HttpCaller(guard, guard.policy.url(auth.tokenUrl).origin, { connections: 1 });
      this.#authorization = new OAuthToken(auth, secretOf(secrets, 'client_secret'), (request) => (this.#tokenCaller as HttpCaller).call(request));
    } else if (auth.kind === 'basic') this.#authorization = `Basic ${Buffer.from(`${auth.username}:${secretOf(secrets, 'password').reveal()}`).toString('base64')}`;
    else if (auth.kind === 'bearer') this.#authorization = `Bearer ${headerCredential(secretOf(secrets, 'token'), 'token')}`;
    const tls = settings.clientCertificate ? { cert: secretOf(secrets, 'client_certificate').reveal(), key: secretOf(secrets, 'client_key').reveal() } : undefined;
    // Read once now: a key that OpenSSL cannot use is told before the first call.
    if (tls !== undefined) createSecureContext(tls);
    this.#caller = new HttpCaller(guard, url.origin, { connections, tls });
  }

  async send(call: Call): Promise<Answer> {
    try {
      const payload = this.#payloadOf(call.messages);
      const authorization = this.#authorization;
      if (!(authorization instanceof OAuthToken)) return this.#answerOf(await this.#post(payload, call, authorization, call.timeoutMs), call);
      return await this.#sendWithToken(payload, call, authorization);
    } catch (error) {
      if (error instanceof RenderedTooLongError) return withoutAnswer('rendered_too_long', 'rejected');
      return withoutAnswer(error instanceof TokenError ? error.reason : 'call_failed');
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#caller.close(), this.#tokenCaller?.close()]);
  }

  /** A token that is refused is fetched anew once: it may have been revoked before its time. */
  async #sendWithToken(payload: Payload, call: Call, tokens: OAuthToken): Promise<Answer> {
    const endMs = performance.now() + call.timeoutMs;
    const leftMs = (): number => Math.max(1, Math.round(endMs - performance.now()));
    const token = await tokens.get(call.nowMs, call.timeoutMs);
    const answer = await this.#post(payload, call, `Bearer ${token}`, leftMs());
    if (answer.status !== unauthorised) return this.#answerOf(answer, call);
    tokens.drop(token);
    return this.#answerOf(await this.#post(payload, call, `Bearer ${await tokens.get(call.nowMs, leftMs())}`, leftMs()), call);
  }

  #post(payload: Payload, call: Call, authorization: string | undefined, timeoutMs: number): Promise<HttpAnswer> {
    const signed = this.#keys.length > 0 ? signedHeaders(this.#keys, payload.id, call.nowMs, payload.body) : ['webhook-id', payload.id];
    const headers = [...this.#headers, 'content-type', payload.contentType, ...payload.headers, ...signed];
    if (authorization !== undefined) headers.push('authorization', authorization);
    const traceparent = call.messages.length === 1 ? call.messages[0]?.traceparent : undefined;
    if (traceparent !== undefined) headers.push('traceparent', headerText(traceparent));
    return this.#caller.call({ method: 'POST', path: this.#path, headers, body: payload.body, timeoutMs, signal: call.signal });
  }

  #answerOf(answer: HttpAnswer, call: Call): Answer {
    if (answer.status === null) return withoutAnswer(answer.reason);
    const { status, headers, head } = answer;
    const { outcome, reason } = verdictOf(status, headers, this.settings.abortHeader);
    return { outcome, status, reason, head, requestId: requestIdOf(headers), retryAfterMs: outcome === 'delivered' ? null : retryAfterMs(headers, call.nowMs) };
  }
}
