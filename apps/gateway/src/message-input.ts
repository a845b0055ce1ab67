import type { IncomingHttpHeaders } from 'node:http';
import { emptyHeaders } from '@waybill/broker';
import type { MessageProperties, OutgoingMessage } from '@waybill/broker';
import { batchLimit, batchMessage, namePattern, routingKeyLimitBytes } from '@waybill/contracts';
import type { BatchMessage } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';

const ownHeader = 'waybill-h-';
const ownHeaderLimits = { count: 64, nameBytes: 128, valueBytes: 4096 };
const propertyLimits = { group: 128, 'dedup-id': 128, 'reply-to': 255, 'correlation-id': 255 } as const;
const binary = 'application/octet-stream';

export function checkName(name: string): string {
  if (!namePattern.test(name)) throw new WaybillError('name_invalid');
  return name;
}

/** Node reads header bytes as Latin-1; ours are UTF-8. */
function decoded(value: string): string {
  for (let i = 0; i < value.length; i += 1) {
    if (value.charCodeAt(i) > 127) return Buffer.from(value, 'latin1').toString('utf8');
  }
  return value;
}

function property(headers: IncomingHttpHeaders, name: keyof typeof propertyLimits): string | undefined {
  const header = `waybill-${name}`;
  const value = headers[header];
  if (value === undefined) return undefined;
  const text = decoded(String(value));
  const most = propertyLimits[name];
  if (text === '' || Buffer.byteLength(text) > most) throw new WaybillError('request_header_invalid', { header, reason: `1 to ${most} bytes are allowed` });
  return text;
}

function routingKeyOf(value: string): string {
  if (Buffer.byteLength(value) > routingKeyLimitBytes) throw new WaybillError('pattern_too_long', { limitBytes: routingKeyLimitBytes });
  return value;
}

function priorityOf(value: string | undefined): number {
  if (value === undefined) return 0;
  if (!/^[0-9]$/.test(value)) throw new WaybillError('request_header_invalid', { header: 'waybill-priority', reason: 'a digit from 0 to 9 is allowed' });
  return Number(value);
}

function ownHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  let found: Record<string, string> | undefined;
  let count = 0;
  for (const name in headers) {
    if (!name.startsWith(ownHeader)) continue;
    const key = name.slice(ownHeader.length);
    const value = decoded(String(headers[name]));
    count += 1;
    const fits = key !== '' && key.length <= ownHeaderLimits.nameBytes && Buffer.byteLength(value) <= ownHeaderLimits.valueBytes;
    if (!fits || count > ownHeaderLimits.count) {
      const { count: most, nameBytes, valueBytes } = ownHeaderLimits;
      throw new WaybillError('request_header_invalid', { header: name.slice(0, 64), reason: `up to ${most} headers with names of ${nameBytes} and values of ${valueBytes} bytes are allowed` });
    }
    (found ??= Object.create(null) as Record<string, string>)[key] = value;
  }
  return found ?? emptyHeaders;
}

/** The properties of a single message from its HTTP headers; fails with the code of the first that does not fit. */
export function propertiesOf(headers: IncomingHttpHeaders, exchange: string | undefined): MessageProperties {
  const key = headers['waybill-key'];
  const traceparent = headers['traceparent'];
  return {
    key: key === undefined ? '' : routingKeyOf(decoded(String(key))),
    contentType: (headers['content-type'] ?? binary).slice(0, 255),
    exchange,
    priority: priorityOf(headers['waybill-priority'] as string | undefined),
    headers: ownHeaders(headers),
    group: property(headers, 'group'),
    dedupId: property(headers, 'dedup-id'),
    replyTo: property(headers, 'reply-to'),
    correlationId: property(headers, 'correlation-id'),
    traceparent: typeof traceparent === 'string' ? traceparent.slice(0, 128) : undefined,
  };
}

/** The messages of a batch body. Fails with `request_malformed_json`, `request_invalid`, `batch_too_large` or `batch_invalid` (with the index). */
export function batchOf(body: Buffer, exchange: string | undefined, bodyLimitBytes: number): OutgoingMessage[] {
  const messages = messagesIn(body);
  if (messages.length > batchLimit) throw new WaybillError('batch_too_large', { limit: batchLimit });
  return messages.map((input, index) => {
    const parsed = batchMessage.safeParse(input);
    if (!parsed.success) {
      const issues = parsed.error.issues.map((issue) => ({ path: ['messages', index, ...issue.path.map(String)].join('.'), message: issue.message }));
      throw new WaybillError('batch_invalid', { index, reason: issues[0]?.message ?? 'it does not fit the contract' }, { issues });
    }
    const message = fromBatch(parsed.data, index, exchange);
    if (message.body.length > bodyLimitBytes) throw new WaybillError('batch_invalid', { index, reason: `a body has at most ${bodyLimitBytes} bytes` });
    return message;
  });
}

function messagesIn(body: Buffer): unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new WaybillError('request_malformed_json', {}, { cause });
  }
  const messages = typeof parsed === 'object' && parsed !== null && 'messages' in parsed ? parsed.messages : undefined;
  if (!Array.isArray(messages) || messages.length === 0) {
    throw new WaybillError('request_invalid', {}, { issues: [{ path: 'messages', message: 'must be an array with at least one message' }] });
  }
  return messages;
}

type ParsedBatchMessage = BatchMessage & { bodyEncoding: 'utf8' | 'base64'; contentType: string };

function fromBatch(message: BatchMessage, index: number, exchange: string | undefined): OutgoingMessage {
  const { body, bodyEncoding, contentType, headers, key = '', priority = 0, ...rest } = message as ParsedBatchMessage;
  if (Buffer.byteLength(key) > routingKeyLimitBytes) throw new WaybillError('batch_invalid', { index, reason: `a key has at most ${routingKeyLimitBytes} bytes` });
  if (bodyEncoding === 'base64' && !/^[A-Za-z0-9+/]*={0,2}$/.test(body)) throw new WaybillError('batch_invalid', { index, reason: 'the body is not base64' });
  return {
    properties: { ...rest, key, contentType, priority, exchange, headers: headers ? lowerCased(headers, index) : emptyHeaders },
    body: Buffer.from(body, bodyEncoding),
  };
}

/** HTTP header names have no case; neither have ours. */
function lowerCased(headers: Record<string, string>, index: number): Record<string, string> {
  const own = Object.create(null) as Record<string, string>;
  const entries = Object.entries(headers);
  if (entries.length > ownHeaderLimits.count) throw new WaybillError('batch_invalid', { index, reason: `up to ${ownHeaderLimits.count} headers are allowed` });
  for (const [name, value] of entries) own[name.toLowerCase()] = value;
  return own;
}
