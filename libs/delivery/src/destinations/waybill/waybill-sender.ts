import type { Answer, Call, OutgoingMessage, Secrets, Sender } from '../../destination.js';
import type { EgressGuard } from '../../egress/guard.js';
import { HttpCaller } from '../../egress/http-caller.js';
import { withoutAnswer } from '../answers.js';
import { secretOf } from '../missing-secret.js';
import { headerText } from '../webhook/body.js';
import { headerCredential } from '../webhook/oauth-token.js';
import { requestIdOf, retryAfterMs, verdictOf } from '../webhook/response-rules.js';
import type { WaybillSettings } from './waybill-kind.js';

/** Counts how often a message went from one Waybill to the next: two that forward to each other must not do so for ever. */
export const hopsHeader = 'waybill-hops';
export const hopLimit = 16;

const connections = 64;
const batchType = 'application/vnd.waybill.batch+json';
/** Answers that no repetition changes. */
const final = new Set([400, 402, 413, 415, 422]);
const headerName = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

/** Publishes into another namespace. The dedup id makes it exactly once inside the dedup window of the queues there. */
export class WaybillSender implements Sender {
  readonly #caller: HttpCaller;
  readonly #path: string;
  readonly #authorization: string;

  /** Throws EgressRefusedError, MissingSecretError, WaybillError. */
  constructor(
    guard: EgressGuard,
    private readonly settings: WaybillSettings,
    secrets: Secrets,
  ) {
    const url = guard.policy.url(settings.url);
    const { exchange, queue } = settings;
    this.#path = `${url.pathname.replace(/\/+$/, '')}/v1/${exchange === undefined ? `queues/${queue}` : `exchanges/${exchange}`}/messages`;
    this.#authorization = `Bearer ${headerCredential(secretOf(secrets, 'api_key'), 'api_key')}`;
    this.#caller = new HttpCaller(guard, url.origin, { connections });
  }

  async send(call: Call): Promise<Answer> {
    const { messages, nowMs, timeoutMs, signal } = call;
    // A batch is stored whole or not at all, so one that went round too often stops those with it; the engine then sends them alone.
    if (messages.some((message) => hopsOf(message) >= hopLimit)) return withoutAnswer('hop_limit', messages.length === 1 ? 'rejected' : 'failed');
    const [first] = messages;
    const request = messages.length === 1 && first ? this.#single(first) : this.#batch(messages);
    const answer = await this.#caller.call({ method: 'POST', path: this.#path, timeoutMs, signal, body: request.body, headers: Object.entries(request.headers).flat() });
    if (answer.status === null) return withoutAnswer(answer.reason);
    const { status, headers, head } = answer;
    const verdict = verdictOf(status, headers, null);
    const outcome = final.has(status) ? 'rejected' : verdict.outcome;
    return { outcome, status, reason: verdict.reason, head, requestId: requestIdOf(headers), retryAfterMs: outcome === 'delivered' ? null : retryAfterMs(headers, nowMs) };
  }

  close(): Promise<void> {
    return this.#caller.close();
  }

  #single(message: OutgoingMessage): { headers: Record<string, string>; body: Uint8Array } {
    const { id, group, correlationId, traceparent, contentType } = message;
    const headers: Record<string, string> = {
      authorization: this.#authorization, 'user-agent': 'Waybill', 'content-type': headerText(contentType), 'waybill-key': headerText(this.settings.key ?? message.key), 'waybill-dedup-id': id,
    };
    if (group !== undefined) headers['waybill-group'] = headerText(group);
    if (correlationId !== undefined) headers['waybill-correlation-id'] = headerText(correlationId);
    if (traceparent !== undefined) headers['traceparent'] = headerText(traceparent);
    for (const [name, value] of ownHeaders(message)) headers[`waybill-h-${name}`] = headerText(value);
    // What was published as an event or as a batch would be read as one: it goes as part of a batch of one.
    return /^application\/(cloudevents|vnd\.waybill\.batch|x-ndjson)/i.test(contentType) ? this.#batch([message]) : { headers, body: message.body };
  }

  #batch(messages: readonly OutgoingMessage[]): { headers: Record<string, string>; body: Uint8Array } {
    const items = messages.map((message) => ({
      key: this.settings.key ?? message.key, contentType: message.contentType, headers: Object.fromEntries(ownHeaders(message)), dedupId: message.id,
      ...(message.group === undefined ? {} : { group: message.group }), ...(message.correlationId === undefined ? {} : { correlationId: message.correlationId }),
      ...(message.traceparent === undefined ? {} : { traceparent: message.traceparent }),
      bodyEncoding: 'base64', body: Buffer.from(message.body.buffer, message.body.byteOffset, message.body.byteLength).toString('base64'),
    }));
    return {
      headers: { authorization: this.#authorization, 'user-agent': 'Waybill', 'content-type': batchType },
      body: Buffer.from(JSON.stringify({ mode: 'all', messages: items })),
    };
  }
}

function* ownHeaders(message: OutgoingMessage): Generator<[string, string]> {
  for (const [name, value] of Object.entries(message.headers)) if (name !== hopsHeader && headerName.test(name)) yield [name, value];
  yield [hopsHeader, String(hopsOf(message) + 1)];
}

/** A count that is not one counts as the limit: whoever wrote it did not want it counted. */
function hopsOf({ headers }: OutgoingMessage): number {
  const text = headers[hopsHeader];
  if (text === undefined) return 0;
  return /^\d{1,3}$/.test(text) ? Number(text) : hopLimit;
}
