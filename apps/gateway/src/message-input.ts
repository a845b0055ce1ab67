import { emptyHeaders } from '@waybill/broker';
import type { OutgoingMessage } from '@waybill/broker';
import type { acceptAndPublish, Parsed } from '@waybill/contracts';
import { delayLimitSeconds, messageInput, namePattern, routingKeyLimitBytes } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import type { Issue } from '@waybill/kernel';
import { isPlain, plainText } from './message-text.js';
import { timesOf } from './message-times.js';

/** A message of a batch, a line, a settlement or a schedule, as the contract parsed it. */
export type ParsedMessage = Parsed<typeof acceptAndPublish>['body']['publish'][number]['message'];

export interface MessageRules {
  /** Name of the exchange it is published to; undefined when it goes straight to a queue. */
  readonly exchange: string | undefined;
  /** Of one body. */
  readonly bodyLimitBytes: number;
  readonly nowMs: number;
}

export const ownHeaderLimits = { count: 64, nameBytes: 128, valueBytes: 4096 } as const;
export const propertyLimits = { group: 128, dedupId: 128, replyTo: 255, correlationId: 255 } as const;
/** RFC 9110 §5.6.2: what came in by JSON or CBOR must fit into a header of an answer. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const base64 = /^[A-Za-z0-9+/]*={0,2}$/;
const binary = 'application/octet-stream';
const contentTypeLimit = 255;
const timeFields = new Set<PropertyKey | undefined>(['delaySeconds', 'notBefore', 'ttlSeconds', 'expiresAt']);

export function checkName(name: string): string {
  if (!namePattern.test(name)) throw new WaybillError('name_invalid');
  return name;
}

export function checkRoutingKey(value: string): string {
  if (Buffer.byteLength(value) > routingKeyLimitBytes) throw new WaybillError('pattern_too_long', { limitBytes: routingKeyLimitBytes });
  return value;
}

/**
 * One message of JSON or CBOR. Fails with the code of what does not fit: `request_invalid` with the issues, `delay_invalid`,
 * `text_invalid`, `pattern_too_long`, `header_duplicated`, `request_body_too_large`.
 */
export function messageOf(input: unknown, rules: MessageRules): OutgoingMessage {
  return plainMessageOf(input, rules) ?? checkedMessageOf(input, rules);
}

function checkedMessageOf(input: unknown, rules: MessageRules): OutgoingMessage {
  // The contract would take its bytes for properties, each of them unknown.
  if (Buffer.isBuffer(input)) throw invalid('body', 'Invalid input: expected object, received bytes');
  const bytes = bytesIn(input);
  const parsed = messageInput.safeParse(bytes === undefined ? input : { ...(input as object), body: '' });
  if (parsed.success) {
    if (bytes !== undefined && Object.hasOwn(input as object, 'bodyEncoding')) throw invalid('bodyEncoding', 'a body of bytes has none');
    return outgoingMessageOf(parsed.data, rules, bytes);
  }
  const [first] = parsed.error.issues;
  if (first && timeFields.has(first.path[0])) throw new WaybillError('delay_invalid', { limit: `${delayLimitSeconds / 86_400} days`, reason: `${String(first.path[0])} is out of range` });
  throw new WaybillError('request_invalid', {}, { issues: parsed.error.issues.map(issueOf) });
}

/** The body when it is a byte string, which JSON has none of. */
function bytesIn(input: unknown): Buffer | undefined {
  const body = typeof input === 'object' && input !== null && 'body' in input ? input.body : undefined;
  return Buffer.isBuffer(body) ? body : undefined;
}

/**
 * Most messages of a batch have a body, a content type and a key: those are taken without the contract, which would cost more than
 * all the rest. Undefined as soon as there is anything else, or anything to refuse: then {@link checkedMessageOf} says what.
 */
function plainMessageOf(input: unknown, { exchange, bodyLimitBytes }: MessageRules): OutgoingMessage | undefined {
  if (typeof input !== 'object' || input === null || Buffer.isBuffer(input)) return undefined;
  for (const name in input) if (name !== 'body' && name !== 'contentType' && name !== 'key') return undefined;
  const { body, contentType = binary, key = '' } = input as Record<string, unknown>;
  if (!isShortText(contentType, contentTypeLimit) || !isShortText(key, routingKeyLimitBytes) || Buffer.byteLength(key) > routingKeyLimitBytes) return undefined;
  const bytes = typeof body === 'string' && body.isWellFormed() ? Buffer.from(body) : body;
  if (!Buffer.isBuffer(bytes) || bytes.length > bodyLimitBytes) return undefined;
  return {
    properties: {
      key, contentType, exchange, priority: 0, headers: emptyHeaders,
      group: undefined, dedupId: undefined, replyTo: undefined, correlationId: undefined, traceparent: undefined, expiresAtMs: undefined,
    },
    body: bytes,
    delayMs: undefined,
    ttlMs: undefined,
  };
}

const isShortText = (value: unknown, most: number): value is string => typeof value === 'string' && value.length <= most && isPlain(value);

function issueOf(issue: { readonly path: readonly PropertyKey[]; readonly message: string }): Issue {
  const path = issue.path.map(String).join('.');
  return { path: path === '' ? 'body' : path, message: issue.message };
}

/** A parsed message as the broker takes it; `bytes` go before the body that was parsed. Fails like {@link messageOf}. */
export function outgoingMessageOf(message: ParsedMessage, { exchange, bodyLimitBytes, nowMs }: MessageRules, bytes?: Buffer): OutgoingMessage {
  const { delaySeconds, notBefore, ttlSeconds, expiresAt, headers, traceparent } = message;
  const timed = delaySeconds !== undefined || notBefore !== undefined || ttlSeconds !== undefined || expiresAt !== undefined;
  const times = timed ? timesOf({ delay: delaySeconds, notBefore, ttl: ttlSeconds, expiresAt }, nowMs) : undefined;
  return {
    properties: {
      key: message.key === undefined ? '' : checkRoutingKey(plainText(message.key, 'key')),
      contentType: plainText(message.contentType, 'contentType'),
      exchange,
      priority: message.priority ?? 0,
      headers: headers === undefined ? emptyHeaders : ownHeadersOf(headers),
      group: property(message.group, 'group'),
      dedupId: property(message.dedupId, 'dedupId'),
      replyTo: property(message.replyTo, 'replyTo'),
      correlationId: property(message.correlationId, 'correlationId'),
      traceparent: traceparent === undefined ? undefined : plainText(traceparent, 'traceparent'),
      expiresAtMs: times?.ttlMs === undefined ? undefined : nowMs + times.ttlMs,
    },
    body: within(bodyLimitBytes, bytes ?? bodyOf(message)),
    delayMs: times?.delayMs,
    ttlMs: times?.ttlMs,
  };
}

function property(value: string | undefined, name: keyof typeof propertyLimits): string | undefined {
  if (value === undefined) return undefined;
  const most = propertyLimits[name];
  if (value === '' || Buffer.byteLength(value) > most) throw invalid(name, `must have 1 to ${most} bytes`);
  return plainText(value, name);
}

function invalid(path: string, message: string): WaybillError {
  return new WaybillError('request_invalid', {}, { issues: [{ path, message }] });
}

function bodyOf({ body, bodyEncoding }: ParsedMessage): Buffer {
  if (bodyEncoding === 'base64' && !isBase64(body)) throw invalid('body', 'is not base64');
  if (bodyEncoding === 'utf8' && !body.isWellFormed()) throw new WaybillError('text_invalid', { field: 'body' });
  return Buffer.from(body, bodyEncoding);
}

function within(limitBytes: number, body: Buffer): Buffer {
  if (body.length > limitBytes) throw new WaybillError('request_body_too_large', { limitBytes });
  return body;
}

/** Padding may be left out. */
export function isBase64(text: string): boolean {
  return base64.test(text) && text.replace(/=+$/, '').length % 4 !== 1 && (!text.endsWith('=') || text.length % 4 === 0);
}

/** HTTP header names have no case; neither have ours. */
function ownHeadersOf(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const own = Object.create(null) as Record<string, string>;
  const entries = Object.entries(headers);
  if (entries.length > ownHeaderLimits.count) throw invalid('headers', `up to ${ownHeaderLimits.count} headers are allowed`);
  for (const [name, value] of entries) {
    const key = name.toLowerCase();
    if (!token.test(name)) throw invalid(`headers.${name}`, 'the name of a header has letters, digits and !#$%&\'*+.^_`|~-');
    if (key in own) throw new WaybillError('header_duplicated', { header: key });
    if (Buffer.byteLength(value) > ownHeaderLimits.valueBytes) throw invalid(`headers.${name}`, `a value has at most ${ownHeaderLimits.valueBytes} bytes`);
    own[key] = plainText(value, `headers.${name}`);
  }
  return own;
}
