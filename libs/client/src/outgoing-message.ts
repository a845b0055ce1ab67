import type { MessageInput } from '@waybill/contracts';

/** A moment: a Date, or RFC 3339 text in UTC. */
export type Moment = Date | string;

interface OutgoingProperties {
  /** Routing key. */
  readonly key?: string | undefined;
  readonly contentType?: string | undefined;
  /** 0 to 9. */
  readonly priority?: number | undefined;
  readonly delaySeconds?: number | undefined;
  readonly notBefore?: Moment | undefined;
  readonly ttlSeconds?: number | undefined;
  readonly expiresAt?: Moment | undefined;
  /** Messages of a group stay in order in a fifo queue and take turns in a fair one. */
  readonly group?: string | undefined;
  /** Stored once per queue within its dedup window. */
  readonly dedupId?: string | undefined;
  readonly replyTo?: string | undefined;
  readonly correlationId?: string | undefined;
  /** W3C trace context. */
  readonly traceparent?: string | undefined;
  /** Your own; names have no case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A message to publish: text, bytes, or a value that is sent as JSON. */
export type OutgoingMessage = OutgoingProperties & ({ readonly body: string | Uint8Array } | { readonly json: unknown });

const moment = (value: Moment): string => (value instanceof Date ? value.toISOString() : value);

/** Body and content type: JSON for `json`, `text/plain` for text, `application/octet-stream` for bytes. */
export function contentOf(message: OutgoingMessage): { body: string | Uint8Array; contentType: string } {
  if ('json' in message) return { body: JSON.stringify(message.json) ?? 'null', contentType: message.contentType ?? 'application/json' };
  const usual = typeof message.body === 'string' ? 'text/plain; charset=utf-8' : 'application/octet-stream';
  return { body: message.body, contentType: message.contentType ?? usual };
}

const headerNames = {
  key: 'waybill-key', priority: 'waybill-priority', delaySeconds: 'waybill-delay', notBefore: 'waybill-not-before', ttlSeconds: 'waybill-ttl',
  expiresAt: 'waybill-expires-at', group: 'waybill-group', dedupId: 'waybill-dedup-id', replyTo: 'waybill-reply-to', correlationId: 'waybill-correlation-id', traceparent: 'traceparent',
} as const;
const propertyNames = Object.keys(headerNames) as (keyof typeof headerNames)[];

/** fetch takes Latin-1 only; the server reads the bytes as UTF-8. */
const asHeader = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/**
 * The properties as HTTP headers; undefined when one cannot travel so (line breaks, spaces at the ends, an own header
 * whose name is no HTTP token): such a message goes as a batch of one.
 */
export function headersOf(message: OutgoingMessage): Record<string, string> | undefined {
  const headers: Record<string, string> = { 'content-type': contentOf(message).contentType };
  for (const name of propertyNames) {
    const value = message[name];
    if (value !== undefined) headers[headerNames[name]] = asHeader(String(value instanceof Date ? moment(value) : value));
  }
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return undefined;
    headers[`waybill-h-${name.toLowerCase()}`] = asHeader(value);
  }
  return Object.values(headers).every(travelsAsHeader) ? headers : undefined;
}

function travelsAsHeader(value: string): boolean {
  for (let index = 0; index < value.length; index += 1) {
    const code = value.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return false;
  }
  return !/^ | $/.test(value); // HTTP strips spaces there (RFC 9110 §5.5)
}

/** The message as one of a batch, a stream of lines, or a schedule. */
export function inputOf(message: OutgoingMessage): MessageInput {
  const { body, contentType } = contentOf(message);
  const { key, priority, delaySeconds, notBefore, ttlSeconds, expiresAt, group, dedupId, replyTo, correlationId, traceparent, headers } = message;
  return withoutUndefined({
    ...(typeof body === 'string' ? { body } : { body: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64'), bodyEncoding: 'base64' as const }),
    contentType, key, priority, delaySeconds, ttlSeconds, group, dedupId, replyTo, correlationId, traceparent,
    notBefore: notBefore === undefined ? undefined : moment(notBefore),
    expiresAt: expiresAt === undefined ? undefined : moment(expiresAt),
    headers: headers === undefined ? undefined : { ...headers },
  });
}

/** The edits of a resubmission: what is left out stays as it was, content type included. */
export function editsOf(message: Partial<OutgoingProperties> & { readonly body?: string | Uint8Array; readonly json?: unknown }): Partial<MessageInput> {
  if (message.body !== undefined || message.json !== undefined) return inputOf(message as OutgoingMessage);
  const { body: _body, contentType: _type, ...rest } = inputOf({ ...message, body: '' });
  return message.contentType === undefined ? rest : { ...rest, contentType: message.contentType };
}

function withoutUndefined<T extends object>(given: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}
