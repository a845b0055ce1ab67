import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { NamespaceId } from '@waybill/kernel';
import { newId, silentLogger } from '@waybill/kernel';
import type { FreshDatabase, Home } from '@waybill/testing';
import { freshDatabase, newHome } from '@waybill/testing';
import { MessageLogDrain } from './message-log-drain.js';
import { unpack } from './segment-format.js';
import { readSegment } from './segment-reader.js';
import { SegmentStore } from './segment.store.js';
import { HeldLog, queueFields } from './testing/held-log.js';
import { addTraffic } from './testing/traffic.js';

const startMs = Date.UTC(2026, 10, 21, 9, 58, 0);

class Crash extends Error {}

/** The real thing, in which one call of `method` ends the process: before it did its work, or after. */
function crashing<T extends object>(real: T, method: string, when: 'before' | 'after'): T {
  return new Proxy(real, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        if (name === method && when === 'before') throw new Crash();
        const result: unknown = await Reflect.apply(value, target, args);
        if (name === method) throw new Crash();
        return result;
      };
    },
  });
}

describe('the drain of the message log', () => {
  let fresh: FreshDatabase;
  let home: Home;
  let log: HeldLog;

  beforeAll(async () => {
    fresh = await freshDatabase();
  });
  afterAll(() => fresh?.drop());
  beforeEach(async () => {
    home = await newHome(fresh.database);
    log = new HeldLog();
  });

  const store = () => new SegmentStore(fresh.database);
  const drain = (of: { log?: HeldLog; store?: SegmentStore } = {}) => new MessageLogDrain(of.log ?? log, of.store ?? store(), silentLogger);
  const segments = (namespaceId: string = home.namespaceId) =>
    fresh.database.asSystem((tx) => tx.messageLogSegment.findMany({ where: { namespaceId }, orderBy: { firstEvent: 'asc' } }));
  /** Every row stored, as text, and proof that their numbers have no gap. */
  async function stored(): Promise<string[]> {
    const found: string[] = [];
    for (const row of await segments()) {
      for (const fact of readSegment(await unpack(row.payload), { firstEvent: Number(row.firstEvent), fromMs: row.fromAt.getTime() })) {
        if (fact.number !== found.length) throw new Error(`row ${fact.number} where ${found.length} was expected`);
        if (fact.kind !== 'opaque') found.push(`${fact.kind} ${fact.position}`);
      }
      expect(Number(row.firstEvent) + row.events).toBe(found.length);
    }
    return found;
  }
  const lease = (position: number, atMs = startMs) => log.add(atMs, queueFields('c', 'q_a', `${position}:1`, 'me'));
  const leased = (...positions: number[]) => positions.map((position) => `leased ${position}`);

  it('stores what happened, in order, and empties the stream', async () => {
    const { events } = addTraffic(log, { fromMs: startMs, messages: 3_000 });
    const reference = await drain().drain(home.namespaceId);
    expect(reference).toMatchObject({ events, behindSinceMs: undefined });
    expect(log.entries).toEqual([]);
    expect(await stored()).toHaveLength(events);
    expect(await store().progress(home.namespaceId)).toMatchObject({ events });
  });

  it('says how far behind it is when it is told to stop', async () => {
    const { events } = addTraffic(log, { fromMs: startMs, messages: 40_000 });
    const first = await drain().drain(home.namespaceId, () => false);
    expect(first.events).toBeLessThan(events);
    expect(first.behindSinceMs).toBeGreaterThanOrEqual(startMs);
    const second = await drain().drain(home.namespaceId);
    expect(first.events + second.events).toBe(events);
    expect(await stored()).toHaveLength(events);
  });

  for (const [what, methods] of [['log', ['read', 'trim']], ['store', ['progress', 'small', 'append']]] as const) {
    for (const method of methods) {
      for (const when of ['before', 'after'] as const) {
        it(`loses nothing and stores nothing twice when it dies ${when} ${what}.${method}`, async () => {
          lease(1);
          await drain().drain(home.namespaceId);
          lease(2);
          lease(3);
          const dying = () => drain(what === 'log' ? { log: crashing(log, method, when) } : { store: crashing(store(), method, when) });
          await expect(dying().drain(home.namespaceId)).rejects.toBeInstanceOf(Crash);
          lease(4);
          await expect(dying().drain(home.namespaceId)).rejects.toBeInstanceOf(Crash);
          await drain().drain(home.namespaceId);
          expect(await stored()).toEqual(leased(1, 2, 3, 4));
          expect(log.entries).toEqual([]);
        });
      }
    }
  }

  it.each(['before', 'after'] as const)('empties the stream with its next run when the stream went away %s a deletion, and nothing new came', async (when) => {
    let isAway = true;
    log = new (class extends HeldLog {
      override async trim(namespaceId: NamespaceId, through: string): Promise<void> {
        const goesAway = isAway;
        isAway = false;
        if (!goesAway || when === 'after') await super.trim(namespaceId, through);
        if (goesAway) throw new Crash();
      }
    })();
    lease(1);
    const sameProcess = drain();
    await expect(sameProcess.drain(home.namespaceId)).rejects.toThrow(Crash);
    await sameProcess.drain(home.namespaceId);
    expect(log.entries).toEqual([]);
    expect(await stored()).toEqual(leased(1));
  });

  it('stores once when several run at once while the log grows', async () => {
    let growing = true;
    const lane = async () => {
      const own = drain();
      while (growing) await own.drain(home.namespaceId);
    };
    const lanes = [lane(), lane(), lane()];
    for (let i = 1; i <= 200; i += 1) {
      lease(i, startMs + i);
      await new Promise(setImmediate);
    }
    growing = false;
    await Promise.all(lanes);
    await drain().drain(home.namespaceId);
    expect(await stored()).toEqual(leased(...Array.from({ length: 200 }, (_, i) => i + 1)));
  });

  it('gives a quiet namespace one row an hour, not one an event', async () => {
    const one = drain();
    for (let i = 0; i < 30; i += 1) {
      lease(i + 1, startMs + i * 10_000);
      await one.drain(home.namespaceId);
    }
    const rows = await segments();
    expect(rows.map(({ hour, events }) => [hour.toISOString(), events])).toEqual([['2026-11-21T09:00:00.000Z', 12], ['2026-11-21T10:00:00.000Z', 18]]);
    expect(await stored()).toEqual(leased(...Array.from({ length: 30 }, (_, i) => i + 1)));
  });

  it('leaves the entries of a namespace the database does not know where they are', async () => {
    const told: string[] = [];
    const unknown = newId('namespace');
    lease(1);
    const own = new MessageLogDrain(log, store(), { ...silentLogger, error: (event) => void told.push(event) });
    await own.drain(unknown);
    await own.drain(unknown);
    expect(log.entries).toHaveLength(1);
    expect(told).toEqual(['message_log.namespace_unknown']);
  });

  it('passes over entries in which nothing was stored', async () => {
    log.add(startMs, queueFields('g', 'q_a', ''));
    lease(1);
    await drain().drain(home.namespaceId);
    expect(await stored()).toEqual(leased(1));
    log.add(startMs, queueFields('g', 'q_a', ''));
    await drain().drain(home.namespaceId);
    expect(log.entries).toEqual([]);
  });

  it('deletes what is older than the retention, a bounded number at a time', async () => {
    // Long before what other specs of this file store.
    const longAgoMs = Date.UTC(2026, 2, 1, 9, 58, 0);
    const other = await newHome(fresh.database);
    for (let hour = 0; hour < 5; hour += 1) lease(hour + 1, longAgoMs + hour * 3_600_000);
    await drain().drain(home.namespaceId);
    const elsewhere = new HeldLog();
    elsewhere.add(longAgoMs, queueFields('c', 'q_a', '1:1', 'me'));
    await drain({ log: elsewhere }).drain(other.namespaceId);
    const beforeMs = longAgoMs + 2 * 3_600_000;
    expect(await store().deleteBefore(beforeMs)).toBe(3);
    expect(await store().deleteBefore(beforeMs)).toBe(0);
    expect((await segments()).map(({ firstEvent }) => Number(firstEvent))).toEqual([2, 3, 4]);
    expect(await segments(other.namespaceId)).toEqual([]);
    lease(6, longAgoMs + 4 * 3_600_000);
    await drain().drain(home.namespaceId);
    expect((await segments()).at(-1)).toMatchObject({ firstEvent: 4n, events: 2 });
  });

  it('needs less than 40 bytes of disk an event, indexes and all', async () => {
    const alone = await freshDatabase();
    try {
      const { namespaceId } = await newHome(alone.database);
      let [events, fromMs] = [0, startMs];
      const own = new MessageLogDrain(log, new SegmentStore(alone.database), silentLogger);
      // As the worker meets it: a second's worth at a time.
      while (events < 120_000) {
        const added = addTraffic(log, { fromMs, messages: 1_000 });
        events += added.events;
        fromMs = added.lastMs;
        await own.drain(namespaceId);
      }
      const [size] = await alone.query(`SELECT pg_total_relation_size('message_log_segments') + pg_total_relation_size('message_log_terms') AS bytes, (SELECT sum(events) FROM message_log_segments) AS events`);
      expect(Number(size!['events'])).toBe(events);
      expect(Number(size!['bytes']) / events).toBeLessThan(40);
    } finally {
      await alone.drop();
    }
  });
});
