import type { IncomingMessage } from 'node:http';
import { emptyHeaders } from '@waybill/broker';
import type { MessageProperties } from '@waybill/broker';
import { WaybillError } from '@waybill/kernel';
import { checkRoutingKey, ownHeaderLimits, propertyLimits } from './message-input.js';
import { headerText } from './message-text.js';
import { secondsOf, timesOf } from './message-times.js';
import type { Times } from './message-times.js';

const ownHeader = 'waybill-h-';
const ownStart = 'waybill-';
const contentTypeLimit = 255;
const traceparentLimit = 128;
const idempotencyKeyLimit = 128;
const binary = 'application/octet-stream';

/** A message without its body, and what else the request says about its publish. */
export interface MessageHead {
  readonly properties: MessageProperties;
  readonly times: Times | undefined;
  readonly idempotencyKey: string | undefined;
  /** There are `ce-*` headers (CloudEvents, binary mode). */
  readonly cloudEvent: boolean;
  /** There is a `waybill-key`, which goes before the type of a CloudEvent. */
  readonly keyed: boolean;
}

export function invalidHeader(header: string, reason: string): WaybillError {
  return new WaybillError('request_header_invalid', { header: header.slice(0, 64), reason });
}

function bounded(value: string, header: string, mostBytes: number): string {
  const text = headerText(value, header);
  if (text === '' || Buffer.byteLength(text) > mostBytes) throw invalidHeader(header, `1 to ${mostBytes} bytes are allowed`);
  return text;
}

function priorityOf(value: string): number {
  if (!/^[0-9]$/.test(value)) throw invalidHeader('waybill-priority', 'a digit from 0 to 9 is allowed');
  return Number(value);
}

/** Everything that is refused when it is sent twice: which of the two would count? */
const single = /^(waybill-|ce-)|^(content-type|idempotency-key|traceparent)$/;

function refuseDuplicates(rawHeaders: readonly string[]): void {
  const seen = new Set<string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    if (seen.has(name) && single.test(name)) throw new WaybillError('header_duplicated', { header: name.slice(0, 64) });
    seen.add(name);
  }
}

/** Collects the headers while they are walked once; most messages carry none of them. */
class Head {
  key: string | undefined;
  priority = 0;
  group: string | undefined;
  dedupId: string | undefined;
  replyTo: string | undefined;
  correlationId: string | undefined;
  own: Record<string, string> | undefined;
  ownCount = 0;
  sentTimes: { delay?: string; notBefore?: string; ttl?: string; expiresAt?: string } | undefined;

  /** Takes a header that starts with `waybill-`. */
  take(name: string, value: string): void {
    switch (name) {
      case 'waybill-key':
        this.key = checkRoutingKey(headerText(value, name));
        return;
      case 'waybill-priority':
        this.priority = priorityOf(value);
        return;
      case 'waybill-group':
        this.group = bounded(value, name, propertyLimits.group);
        return;
      case 'waybill-dedup-id':
        this.dedupId = bounded(value, name, propertyLimits.dedupId);
        return;
      case 'waybill-reply-to':
        this.replyTo = bounded(value, name, propertyLimits.replyTo);
        return;
      case 'waybill-correlation-id':
        this.correlationId = bounded(value, name, propertyLimits.correlationId);
        return;
      case 'waybill-delay':
        (this.sentTimes ??= {}).delay = value;
        return;
      case 'waybill-not-before':
        (this.sentTimes ??= {}).notBefore = value;
        return;
      case 'waybill-ttl':
        (this.sentTimes ??= {}).ttl = value;
        return;
      case 'waybill-expires-at':
        (this.sentTimes ??= {}).expiresAt = value;
        return;
      default:
        if (!name.startsWith(ownHeader)) throw invalidHeader(name, 'it is not known; your own headers are waybill-h-<name>');
        this.#takeOwn(name, value);
    }
  }

  #takeOwn(name: string, value: string): void {
    const key = name.slice(ownHeader.length);
    const content = headerText(value, name.slice(0, 64));
    this.ownCount += 1;
    const { count, nameBytes, valueBytes } = ownHeaderLimits;
    if (key === '' || key.length > nameBytes || Buffer.byteLength(content) > valueBytes || this.ownCount > count) {
      throw invalidHeader(name, `up to ${count} headers with names of ${nameBytes} and values of ${valueBytes} bytes are allowed`);
    }
    (this.own ??= Object.create(null) as Record<string, string>)[key] = content;
  }

  times(nowMs: number): Times | undefined {
    if (this.sentTimes === undefined) return undefined;
    const { delay, notBefore, ttl, expiresAt } = this.sentTimes;
    return timesOf({ delay: secondsOf(delay, 'waybill-delay'), notBefore, ttl: secondsOf(ttl, 'waybill-ttl'), expiresAt }, nowMs);
  }
}

/**
 * What the headers of a single publish say. Fails with the code of the first that does not fit:
 * `request_header_invalid`, `header_duplicated`, `text_invalid`, `delay_invalid`, `pattern_too_long`.
 */
export function headOf({ headers, rawHeaders }: Pick<IncomingMessage, 'headers' | 'rawHeaders'>, exchange: string | undefined, nowMs: number): MessageHead {
  const head = new Head();
  let count = 0;
  let cloudEvent = false;
  let idempotencyKey: string | undefined;
  for (const name in headers) {
    count += 1;
    if (name.startsWith(ownStart)) head.take(name, headers[name] as string);
    else if (name.startsWith('ce-')) cloudEvent = true;
    else if (name === 'idempotency-key') idempotencyKey = bounded(headers[name] as string, name, idempotencyKeyLimit);
  }
  // Node joins what is sent twice; the raw list still shows it.
  if (count * 2 !== rawHeaders.length) refuseDuplicates(rawHeaders);
  const { traceparent } = headers;
  const contentType = headers['content-type'] ?? binary;
  if (contentType.length > contentTypeLimit) throw invalidHeader('content-type', `up to ${contentTypeLimit} bytes are allowed`);
  const times = head.times(nowMs);
  return {
    properties: {
      key: head.key ?? '',
      contentType: headerText(contentType, 'content-type'),
      exchange,
      priority: head.priority,
      headers: head.own ?? emptyHeaders,
      group: head.group,
      dedupId: head.dedupId,
      replyTo: head.replyTo,
      correlationId: head.correlationId,
      // One that is malformed is ignored (W3C Trace Context §3.2).
      traceparent: typeof traceparent === 'string' && traceparent.length <= traceparentLimit ? headerText(traceparent, 'traceparent') : undefined,
      expiresAtMs: times?.ttlMs === undefined ? undefined : nowMs + times.ttlMs,
    },
    times,
    idempotencyKey,
    cloudEvent,
    keyed: head.key !== undefined,
  };
}
