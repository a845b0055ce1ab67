import type { MessageProperties } from './message.js';

/**
 * A message as it lies in Redis:
 *
 * | byte | what |
 * | 0 | version, 1 |
 * | 1-3 | metered size in KiB; the claim script reads it here |
 * | 4 | priority (low 4 bits), 0x40: carries an id of its own, 0x80: the body lies outside |
 * | 5-7 | length of the properties |
 * | 8- | properties, each: tag, length (2 bytes), UTF-8; the group first, then the body outside: scripts read them there |
 * | then | body, untouched |
 */
const version = 1;
const headBytes = 8;
const tagBytes = 3;

const ownIdFlag = 0x40;
const outsideFlag = 0x80;

const tags = {
  key: 1, contentType: 2, exchange: 3, header: 4, replyTo: 5, correlationId: 6, group: 7, dedupId: 8, traceparent: 9, id: 10, storedBody: 11, expiresAtMs: 12, death: 13,
} as const;
const optional = ['exchange', 'replyTo', 'correlationId', 'dedupId', 'traceparent', 'id'] as const;

export const emptyHeaders: Readonly<Record<string, string>> = Object.freeze({});

export interface EncodedRecord {
  readonly bytes: Buffer;
  /** ceil((body + properties + headers) / 1024), at least 1 (billing.md §4, D2). */
  readonly kib: number;
  /** For the message log: the routing key, the metered size, the id it had before it was moved. */
  readonly key: string;
  readonly meteredBytes: number;
  readonly ownId: string | undefined;
}

/**
 * Packs a message; copies the body once. Property values longer than 65,535 bytes do not fit: doors refuse them before.
 * A body outside counts with its size.
 */
export function encodeRecord(properties: MessageProperties, body: Buffer): EncodedRecord {
  const parts: (string | number)[] = [];
  let propertyBytes = 0;
  let valueBytes = 0;
  const add = (tag: number, value: string) => {
    const length = Buffer.byteLength(value);
    parts.push(tag, length, value);
    propertyBytes += tagBytes + length;
    valueBytes += length;
  };
  const { storedBody, death } = properties;
  if (properties.group !== undefined) add(tags.group, properties.group);
  if (storedBody) add(tags.storedBody, `${storedBody.bytes}:${storedBody.id}`);
  if (properties.key !== '') add(tags.key, properties.key);
  add(tags.contentType, properties.contentType);
  for (const name of optional) {
    const value = properties[name];
    if (value !== undefined) add(tags[name], value);
  }
  if (properties.expiresAtMs !== undefined) add(tags.expiresAtMs, String(properties.expiresAtMs));
  if (death) add(tags.death, JSON.stringify([death.reason, death.queue, death.atMs, death.deliveries]));
  if (properties.headers !== emptyHeaders) {
    for (const name in properties.headers) add(tags.header, `${name}\0${properties.headers[name]}`);
  }

  const meteredBytes = valueBytes + body.length + (storedBody?.bytes ?? 0);
  const kib = Math.max(1, Math.ceil(meteredBytes / 1024));
  const bytes = Buffer.allocUnsafe(headBytes + propertyBytes + body.length);
  bytes[0] = version;
  bytes.writeUIntBE(kib, 1, 3);
  bytes[4] = properties.priority | (properties.id === undefined ? 0 : ownIdFlag) | (storedBody ? outsideFlag : 0);
  bytes.writeUIntBE(propertyBytes, 5, 3);
  let offset = headBytes;
  for (let i = 0; i < parts.length; i += 3) {
    const length = parts[i + 1] as number;
    bytes[offset] = parts[i] as number;
    bytes[offset + 1] = length >>> 8;
    bytes[offset + 2] = length & 0xff;
    bytes.write(parts[i + 2] as string, offset + tagBytes, length, 'utf8');
    offset += tagBytes + length;
  }
  body.copy(bytes, offset);
  return { bytes, kib, key: properties.key, meteredBytes, ownId: properties.id };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
const fieldOfTag = new Map<number, 'key' | 'contentType' | 'group' | (typeof optional)[number]>([
  [tags.key, 'key'],
  [tags.contentType, 'contentType'],
  [tags.group, 'group'],
  ...optional.map((name) => [tags[name], name] as const),
]);

/** Unpacks a record. The body is a view on the record. Throws on bytes that this version did not write. */
export function decodeRecord(bytes: Buffer): { properties: MessageProperties; body: Buffer } {
  if (bytes.length < headBytes || bytes[0] !== version) throw new Error(`record of unknown version ${bytes[0]}`);
  const end = headBytes + bytes.readUIntBE(5, 3);
  if (end > bytes.length) throw new Error('record is cut');
  let headers: Record<string, string> | undefined;
  const properties: Mutable<MessageProperties> = { key: '', contentType: 'application/octet-stream', priority: (bytes[4] as number) & 0x0f, headers: emptyHeaders };
  for (let offset = headBytes; offset < end; ) {
    const start = offset + tagBytes;
    const stop = start + bytes.readUInt16BE(offset + 1);
    if (stop > end) throw new Error('record is cut');
    const value = bytes.toString('utf8', start, stop);
    const tag = bytes[offset] as number;
    if (tag === tags.header) {
      const split = value.indexOf('\0');
      (headers ??= {})[value.slice(0, split)] = value.slice(split + 1);
    } else if (tag === tags.storedBody) {
      const split = value.indexOf(':');
      properties.storedBody = { bytes: Number(value.slice(0, split)), id: value.slice(split + 1) };
    } else if (tag === tags.expiresAtMs) {
      properties.expiresAtMs = Number(value);
    } else if (tag === tags.death) {
      const [reason, queue, atMs, deliveries] = JSON.parse(value) as [string, string, number, number];
      properties.death = { reason, queue, atMs, deliveries };
    } else {
      const field = fieldOfTag.get(tag);
      if (!field) throw new Error(`record has an unknown property ${tag}`);
      properties[field] = value;
    }
    offset = stop;
  }
  if (headers) properties.headers = headers;
  return { properties, body: bytes.subarray(end) };
}
