import type { Position } from '@waybill/broker';
import { positionAtMs } from './position-time.js';
import { ColumnWriter } from './column.js';
import { Dictionary } from './dictionary.js';
import type { PublishEntry, QueueEntry } from './entry-decoder.js';
import { codeOf } from './fact.js';
import type { Fact, LoggedRoute } from './fact.js';
import { membersOf } from './membership.js';
import { stretchOf, termsOf } from './search-terms.js';
import { joinColumns, makeColumns } from './segment-format.js';

export interface SegmentSummary {
  readonly firstEvent: number;
  readonly events: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly minPosition: Position;
  readonly maxPosition: Position;
  /** Bit n: it has rows of kind n. */
  readonly kinds: number;
  /** Whether messages in it were published before under an id of their own. */
  readonly moved: boolean;
}

/** A segment as it is stored, except that `bytes` are not yet compressed. */
export interface OpenSegment extends SegmentSummary {
  readonly terms: readonly bigint[];
  readonly members: Buffer<ArrayBuffer>;
  readonly bytes: Buffer;
}

const none = 0;

/** Writes rows into the columns of one segment. Rows come in the order of the log. */
export class SegmentWriter {
  readonly #columns = makeColumns(() => new ColumnWriter());
  readonly #names = new Dictionary<string>((name) => this.#columns.names.text(name));
  readonly #keys = new Dictionary<string>((key) => this.#columns.keys.text(key));
  readonly #routes = new Dictionary<string>((route) => this.#columns.routes.text(route));
  readonly #routePlaces = new Map<LoggedRoute, number>();
  readonly #queueIds = new Set<string>();
  readonly #positions = new Set<Position>();
  readonly #stretches = new Set<number>();
  readonly #lastPlaces = new Map<number, Position>();
  #events = 0;
  #fromMs = 0;
  #toMs = 0;
  #lastMs = 0;
  #kinds = 0;
  #expected: Position = 0;
  #lastOrigin: Position | undefined;
  #minPosition = Number.MAX_SAFE_INTEGER;
  #maxPosition = 0;
  #moved = false;

  /** `firstEvent`: number of the first row in its namespace. `fromMs`: where the segment begins; where its first entry was written, when it is left out. */
  constructor(private readonly namespaceId: string, private readonly firstEvent: number, private readonly givenFromMs?: number) {}

  get events(): number {
    return this.#events;
  }

  /** Where it begins; only with rows. */
  get fromMs(): number {
    return this.#fromMs;
  }

  /** `atMs`: when the entry was written, which never goes back; its rows may have been counted a little earlier. */
  add(atMs: number, entry: PublishEntry | QueueEntry): void {
    this.#begin(atMs);
    if (entry.kind === 'queue') this.#addQueueEntry(entry.countedMs ?? atMs, entry);
    else this.#addPublishEntry(atMs, entry);
  }

  /** Keeps an entry whole that was not understood. */
  addOpaque(atMs: number, fields: ReadonlyMap<string, Buffer>): void {
    this.#row(atMs, codeOf.opaque);
    const { opaque } = this.#columns;
    opaque.number(fields.size);
    for (const [name, value] of fields) {
      opaque.text(name);
      opaque.blob(value);
    }
  }

  /** A row read from another segment. */
  addFact(fact: Fact): void {
    if (fact.kind === 'opaque') return this.addOpaque(fact.atMs, fact.fields);
    if (fact.kind === 'published') {
      return this.#publish(fact.atMs, fact.position, this.#route(fact.route), this.#names.place(fact.publishedBy), fact.bytes, fact.key, fact.origin);
    }
    const holder = fact.holder === undefined ? none : this.#names.place(fact.holder) + 1;
    this.#queueRow(fact.atMs, codeOf[fact.kind], this.#queue(fact.queueId), fact.position, fact.deliveries, fact.argument, holder);
  }

  finish(): OpenSegment {
    const { firstEvent, namespaceId } = this;
    const touched = this.#positions.size > 0;
    return {
      firstEvent, events: this.#events, fromMs: this.#fromMs, toMs: this.#toMs, kinds: this.#kinds, moved: this.#moved,
      minPosition: touched ? this.#minPosition : 0, maxPosition: this.#maxPosition,
      terms: termsOf(namespaceId, this.#stretches, this.#queueIds),
      members: membersOf(this.#positions, this.#keys.values(), this.#keys.size),
      bytes: joinColumns(this.#columns),
    };
  }

  #addPublishEntry(atMs: number, entry: PublishEntry): void {
    const { routes, publishedBy, bytes, keys, origins, exceptions } = entry;
    const places = entry.plan.routes.map((): number | undefined => undefined);
    let [publisher, publisherPlace] = ['', -1];
    for (let i = 0; i < routes.length; i += 1) {
      if (exceptions.leftOut.has(i)) continue;
      const route = routes[i]!;
      if (publisherPlace < 0 || publishedBy[i] !== publisher) {
        publisher = publishedBy[i]!;
        publisherPlace = this.#names.place(publisher);
      }
      const place = (places[route] ??= this.#route(entry.plan.routes[route]!));
      this.#publish(atMs, entry.first + i, place, publisherPlace, bytes[i]!, keys[i]!, origins[i]);
    }
    for (const { index, queueId, code, argument } of exceptions.notTaken) {
      this.#queueRow(atMs, code, this.#queue(queueId), entry.first + index, 0, argument, none);
    }
  }

  #addQueueEntry(atMs: number, entry: QueueEntry): void {
    const queue = this.#queue(entry.queueId);
    const holder = entry.holder === undefined ? none : this.#names.place(entry.holder) + 1;
    const { codes, positions, deliveries, arguments: args } = entry;
    for (let i = 0; i < codes.length; i += 1) this.#queueRow(atMs, codes[i]!, queue, positions[i]!, deliveries[i]!, args[i], holder);
  }

  #publish(atMs: number, position: Position, route: number, publisher: number, bytes: number, key: string, origin: Position | undefined): void {
    const columns = this.#columns;
    this.#row(atMs, codeOf.published);
    this.#touch(position);
    columns.position.difference(position - Math.max(this.#expected, positionAtMs(atMs)));
    this.#expected = position + 1;
    columns.route.number(route);
    columns.publisher.number(publisher);
    columns.size.number(bytes);
    // A key seen for the first time is the next of the dictionary: no need to say which.
    const known = this.#keys.size;
    const place = this.#keys.place(key);
    columns.key.number(place === known ? 0 : place + 1);
    if (origin === undefined) {
      columns.origin.byte(none);
      return;
    }
    columns.origin.byte(1);
    columns.origin.difference(origin - (this.#lastOrigin ?? positionAtMs(this.#fromMs)));
    this.#lastOrigin = origin;
    this.#moved = true;
    this.#touch(origin);
  }

  #queueRow(atMs: number, code: number, queue: number, position: Position, deliveries: number, argument: number | string | undefined, holder: number): void {
    const columns = this.#columns;
    this.#row(atMs, code);
    columns.queue.number(queue);
    if (code === codeOf.emptied) return;
    this.#touch(position);
    if (code === codeOf.duplicate && typeof argument === 'number') this.#touch(position - argument);
    columns.place.difference(position - (this.#lastPlaces.get(queue) ?? positionAtMs(this.#fromMs)));
    this.#lastPlaces.set(queue, position);
    columns.deliveries.number(deliveries);
    if (argument === undefined) columns.argument.byte(none);
    else columns.argument.number(typeof argument === 'number' ? argument * 2 + 1 : this.#names.place(argument) * 2 + 2);
    columns.holder.number(holder);
  }

  #begin(atMs: number): void {
    if (this.#events === 0) this.#fromMs = this.#toMs = this.#lastMs = this.givenFromMs ?? atMs;
  }

  #row(atMs: number, code: number): void {
    this.#begin(atMs);
    this.#columns.kind.byte(code);
    this.#columns.time.difference(atMs - this.#lastMs);
    this.#lastMs = atMs;
    this.#toMs = Math.max(this.#toMs, atMs);
    this.#kinds |= 1 << code;
    this.#events += 1;
  }

  #touch(position: Position): void {
    this.#positions.add(position);
    this.#stretches.add(stretchOf(position));
    if (position < this.#minPosition) this.#minPosition = position;
    if (position > this.#maxPosition) this.#maxPosition = position;
  }

  #queue(queueId: string): number {
    this.#queueIds.add(queueId);
    return this.#names.place(queueId);
  }

  /** Plans are remembered, so the same route mostly is the same object. */
  #route(route: LoggedRoute): number {
    const known = this.#routePlaces.get(route);
    if (known !== undefined) return known;
    for (const queueId of route.queues) this.#queueIds.add(queueId);
    const place = this.#routes.place(JSON.stringify([route.on, route.exchanges, route.queues, route.passed, route.cause]));
    this.#routePlaces.set(route, place);
    return place;
  }
}
