import type { Position } from '@waybill/broker';
import type { ColumnReader } from './column.js';
import { factKinds } from './fact.js';
import type { Fact, LoggedRoute, OpaqueFact, PublishedFact, QueueFact } from './fact.js';
import { positionAtMs } from './position-time.js';
import { splitColumns } from './segment-format.js';
import type { Columns } from './segment-format.js';

/** Of the stored row: what its payload counts from. */
export interface SegmentStart {
  readonly firstEvent: number;
  readonly fromMs: number;
}

/** The rows of a segment in the order of the log. Throws on bytes that SegmentWriter did not write. */
export function* readSegment(bytes: Buffer, start: SegmentStart): Generator<Fact, void> {
  const rows = new RowReader(splitColumns(bytes), start.fromMs);
  for (let number = start.firstEvent; ; number += 1) {
    const fact = rows.next(number);
    if (fact === undefined) return;
    yield fact;
  }
}

class RowReader {
  readonly #names: readonly string[];
  readonly #keys: readonly string[];
  readonly #routes: readonly LoggedRoute[];
  readonly #lastPlaces = new Map<number, Position>();
  readonly #firstPosition: Position;
  #atMs: number;
  #expected: Position = 0;
  #lastOrigin: Position;
  #keysSeen = 0;

  constructor(private readonly columns: Columns<ColumnReader>, fromMs: number) {
    this.#names = texts(columns.names);
    this.#keys = texts(columns.keys);
    this.#routes = texts(columns.routes).map(readRoute);
    this.#atMs = fromMs;
    this.#firstPosition = positionAtMs(fromMs);
    this.#lastOrigin = this.#firstPosition;
  }

  next(number: number): Fact | undefined {
    if (this.columns.kind.ended) return undefined;
    const code = this.columns.kind.byte();
    const kind = factKinds[code];
    if (kind === undefined) throw new Error(`segment with a row of unknown kind ${code}`);
    this.#atMs += this.columns.time.difference();
    if (kind === 'opaque') return this.#opaque(number);
    return kind === 'published' ? this.#published(number) : this.#ofQueue(number, kind);
  }

  #published(number: number): PublishedFact {
    const { columns } = this;
    const position = Math.max(this.#expected, positionAtMs(this.#atMs)) + columns.position.difference();
    this.#expected = position + 1;
    const route = known(this.#routes[columns.route.number()]);
    const publishedBy = known(this.#names[columns.publisher.number()]);
    const bytes = columns.size.number();
    const key = columns.key.number();
    if (key === 0) this.#keysSeen += 1;
    return {
      kind: 'published', number, atMs: this.#atMs, position, route, publishedBy, bytes,
      key: known(this.#keys[key === 0 ? this.#keysSeen - 1 : key - 1]),
      origin: columns.origin.byte() === 0 ? undefined : (this.#lastOrigin += columns.origin.difference()),
    };
  }

  #ofQueue(number: number, kind: QueueFact['kind']): QueueFact {
    const { columns } = this;
    const queue = columns.queue.number();
    const queueId = known(this.#names[queue]);
    if (kind === 'emptied') return { kind, number, atMs: this.#atMs, position: 0, queueId, deliveries: 0, argument: undefined, holder: undefined };
    const position = (this.#lastPlaces.get(queue) ?? this.#firstPosition) + columns.place.difference();
    this.#lastPlaces.set(queue, position);
    const deliveries = columns.deliveries.number();
    const argument = columns.argument.number();
    const holder = columns.holder.number();
    return {
      kind, number, atMs: this.#atMs, position, queueId, deliveries,
      argument: argument === 0 ? undefined : argument % 2 === 1 ? (argument - 1) / 2 : known(this.#names[argument / 2 - 1]),
      holder: holder === 0 ? undefined : known(this.#names[holder - 1]),
    };
  }

  #opaque(number: number): OpaqueFact {
    const { opaque } = this.columns;
    const fields = new Map<string, Buffer>();
    for (let left = opaque.number(); left > 0; left -= 1) fields.set(opaque.text(), opaque.blob());
    return { kind: 'opaque', number, atMs: this.#atMs, fields };
  }
}

function texts(column: ColumnReader): string[] {
  const found: string[] = [];
  while (!column.ended) found.push(column.text());
  return found;
}

function readRoute(json: string): LoggedRoute {
  const [on, exchanges, queues, passed, cause] = JSON.parse(json) as [string, string[], string[], string[], string];
  return { on, exchanges, queues, passed, cause };
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('segment names what its dictionaries do not have');
  return value;
}
