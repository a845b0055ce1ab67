import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { ColumnReader, ColumnWriter } from './column.js';

/**
 * A segment's payload: zstd over a version byte, the lengths of the columns and the columns, in this order
 * (docs/adr/0015-message-log.md). A column that is new goes to the end and is empty in older segments.
 */
export const columnNames = [
  /** Every row: number of its kind; ms since the row before. */
  'kind', 'time',
  /** published rows. Position: against the one expected; route, publisher, key: see the dictionaries; origin: 0, or 1 and the position against the last one. */
  'position', 'route', 'publisher', 'size', 'key', 'origin',
  /** Rows of queues. Place: position against the last one of that queue. */
  'queue', 'place', 'deliveries', 'argument', 'holder',
  /** Dictionaries, in order of first use. */
  'names', 'keys', 'routes',
  /** Entries kept whole. */
  'opaque',
] as const;
export type ColumnName = (typeof columnNames)[number];
export type Columns<T> = Readonly<Record<ColumnName, T>>;

const version = 1;
/** A tenth smaller than level 1; level 9 saves another eighth at six times the time (docs/adr/0015-message-log.md). */
const compression = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };
/** What a segment may unpack to; far above what the writer makes. */
const unpackedLimitBytes = 256 * 1024 * 1024;
const compress = promisify(zstdCompress) as (bytes: Uint8Array, options: typeof compression) => Promise<Buffer<ArrayBuffer>>;
const decompress = promisify(zstdDecompress) as (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>;

export function makeColumns<T>(make: (name: ColumnName) => T): Columns<T> {
  return Object.fromEntries(columnNames.map((name) => [name, make(name)])) as Columns<T>;
}

/** The columns as one piece, before compression. */
export function joinColumns(columns: Columns<ColumnWriter>): Buffer {
  const head = new ColumnWriter();
  head.byte(version);
  head.number(columnNames.length);
  for (const name of columnNames) head.number(columns[name].length);
  return Buffer.concat([head.bytes(), ...columnNames.map((name) => columns[name].bytes())]);
}

/** Throws on bytes that this version did not write. */
export function splitColumns(bytes: Buffer): Columns<ColumnReader> {
  const head = new ColumnReader(bytes);
  const found = head.byte();
  if (found !== version) throw new Error(`segment of unknown version ${found}`);
  const lengths = Array.from({ length: head.number() }, () => head.number());
  let offset = bytes.length - lengths.reduce((sum, length) => sum + length, 0);
  const parts = lengths.map((length) => bytes.subarray(offset, (offset += length)));
  return makeColumns((name) => new ColumnReader(parts[columnNames.indexOf(name)] ?? Buffer.alloc(0)));
}

export const pack = (bytes: Buffer): Promise<Buffer<ArrayBuffer>> => compress(bytes, compression);
export const unpack = (payload: Uint8Array): Promise<Buffer> => decompress(payload, { maxOutputLength: unpackedLimitBytes });
