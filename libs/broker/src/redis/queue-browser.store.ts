import type { Redis } from 'ioredis';
import { messageIdOf, positionOf, timeOfMs } from '../position.js';
import type { Position } from '../position.js';
import type { MessageProperties } from '../message.js';
import { decodeRecord } from '../record.js';
import { keys, queueKey } from './keys.js';
import { runOn } from './queue.store.js';
import type { QueueRef } from './queue.store.js';
import { Script, text } from './script.store.js';

export const entryStates = ['ready', 'leased', 'delayed', 'deferred', 'dead'] as const;
export type EntryState = (typeof entryStates)[number];

/** A message as it lies in a queue. */
export interface QueueEntry {
  readonly state: EntryState;
  /** Its place; of a dead letter its place among the dead. */
  readonly position: Position;
  readonly id: string;
  readonly deliveries: number;
  /** leased: the deadline; delayed, deferred: when it is ready again. */
  readonly untilMs?: number | undefined;
  readonly holder?: string | undefined;
  readonly deferKey?: string | undefined;
  readonly recordBytes: number;
  /** `death` is there for dead letters. */
  readonly properties: MessageProperties;
  readonly body: Buffer;
}

export interface EntryPage {
  readonly entries: QueueEntry[];
  /** Token of the next page; null on the last. */
  readonly next: string | null;
}

const scripts = { browse: new Script('browse') };
const pageBytes = 4 * 1024 * 1024;
const found = { entries: 200, pages: 50 };
const scanStep = 1_000;

/** Looks at messages without touching them. Fails with `queue_not_found`. */
export class QueueBrowser {
  constructor(private readonly redis: Redis) {}

  /** One page of a state, in its order: ready as they would be handed out, leased and delayed by the moment they end, dead by death. */
  async page(queue: QueueRef, state: EntryState, after: string | undefined, count: number): Promise<EntryPage> {
    const reply = await runOn(this.redis, scripts.browse, queue, [state, after ?? '', count, pageBytes]);
    const holders = state === 'leased' && reply.length > 2 ? await this.#holders(queue) : new Map<number, string>();
    const entries: QueueEntry[] = [];
    for (let i = 2; i < reply.length; i += 6) entries.push(entryOf(queue, state, reply.slice(i, i + 6), holders));
    const next = (reply[1] as Buffer).toString('utf8');
    return { entries, next: next === '' ? null : next };
  }

  /**
   * The message with this id, in whatever state: at its position, whatever the backlog. Messages that were moved or died carry
   * an id that says nothing about their place: they are looked for in up to 10,000 messages of each state.
   */
  async find(queue: QueueRef, messageId: string): Promise<QueueEntry | undefined> {
    const position = positionOf(messageId);
    if (position === undefined) return undefined;
    const inPlace = await this.#at(queue, position);
    if (inPlace?.id === messageId) return inPlace;
    for (const state of entryStates) {
      let after: string | undefined;
      for (let i = 0; i < found.pages; i += 1) {
        const { entries, next } = await this.page(queue, state, after, found.entries);
        const entry = entries.find(({ id }) => id === messageId);
        if (entry) return entry;
        if (next === null) break;
        after = next;
      }
    }
    return undefined;
  }

  /** The message at a position of the queue's stream, with the state its index sets tell. */
  async #at(queue: QueueRef, position: Position): Promise<QueueEntry | undefined> {
    const { ns, id } = queue;
    const [entry] = await this.redis.xrangeBuffer(keys.messages(ns, id), position, position);
    const record = entry?.[1][1];
    if (!record) return undefined;
    for (const state of ['leased', 'delayed', 'deferred'] as const) {
      const member = await this.#member(queueKey(ns, id, state), position);
      if (!member) continue;
      const [, deliveries, , ...rest] = member.name.split(':');
      const holders = state === 'leased' ? await this.#holders(queue) : new Map<number, string>();
      const more = state === 'deferred' ? rest.join(':') : '';
      return entryOf(queue, state, [Buffer.from(String(position)), Number(deliveries), member.score, Number(rest[0] ?? 0), Buffer.from(more), record], holders);
    }
    const waiting = await this.#member(queueKey(ns, id, 'waiting'), position);
    const deliveries = waiting ? Number(/:(\d+):\d+L?$/.exec(waiting.name)?.[1] ?? 0) : 0;
    return entryOf(queue, 'ready', [Buffer.from(String(position)), deliveries, 0, 0, Buffer.alloc(0), record], new Map());
  }

  /** Looks through a set in bounded steps: the number of deliveries, which is part of the name, is not known. */
  async #member(key: string, position: Position): Promise<{ name: string; score: number } | undefined> {
    const pattern = `*${String(position).padStart(16, '0')}:*`;
    for (let cursor = '0'; ; ) {
      const [next, [name, score]] = await this.redis.zscan(key, cursor, 'MATCH', pattern, 'COUNT', scanStep);
      if (name !== undefined) return { name, score: Number(score) };
      if ((cursor = next) === '0') return undefined;
    }
  }

  async #holders({ ns, id }: QueueRef): Promise<Map<number, string>> {
    const names = await this.redis.hgetall(queueKey(ns, id, 'holders'));
    return new Map(Object.entries(names).map(([name, number]) => [Number(number), name]));
  }
}

function entryOf(queue: QueueRef, state: EntryState, reply: readonly unknown[], holders: ReadonlyMap<number, string>): QueueEntry {
  const [at, deliveries, untilMs, holder, more, record] = reply as [Buffer, number, number, number, Buffer, Buffer];
  const position = Number(text(at));
  const { properties, body } = decodeRecord(record);
  const whole = { state, position, deliveries, recordBytes: record.length, body };
  if (state === 'dead') {
    const [, had, reason] = /^(\d+):(.*)$/s.exec(more.toString('utf8')) as unknown as [string, string, string];
    const death = { reason, queue: queue.name, atMs: timeOfMs(position), deliveries };
    return { ...whole, id: properties.id ?? messageIdOf(Number(had)), properties: { ...properties, death } };
  }
  return {
    ...whole, properties, id: properties.id ?? messageIdOf(position),
    ...(untilMs > 0 ? { untilMs } : {}),
    ...(state === 'leased' ? { holder: holders.get(holder) ?? 'unknown' } : {}),
    ...(state === 'deferred' ? { deferKey: more.toString('utf8') } : {}),
  };
}
