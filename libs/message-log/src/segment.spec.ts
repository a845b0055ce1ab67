import { describe, expect, it } from '@jest/globals';
import { messageIdOf } from '@waybill/broker';
import { silentLogger } from '@waybill/kernel';
import fc from 'fast-check';
import { EntryDecoder } from './entry-decoder.js';
import type { Fact } from './fact.js';
import { positionAtMs } from './position-time.js';
import { pack, unpack } from './segment-format.js';
import { merge, mergeable } from './segment-merge.js';
import { fullSegmentEvents, hourMs, SegmentPacker } from './segment-packer.js';
import { readSegment } from './segment-reader.js';
import type { OpenSegment } from './segment-writer.js';
import { publishFields, queueFields } from './testing/held-log.js';

const start = Date.UTC(2026, 10, 21, 10, 59, 0);
const ns = 'ns_1';

interface Entry {
  readonly atMs: number;
  readonly fields: Map<string, Buffer>;
  readonly rows: readonly unknown[];
}

const queueId = fc.constantFrom('q_a', 'q_b', 'q_c');
const position = fc.oneof(fc.integer({ min: 0, max: 5_000_000 }).map((back) => positionAtMs(start) - back), fc.maxSafeNat());
const step = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 50 }), fc.constant(hourMs));
const reason = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter((text) => !/%20/.test(text));

/** An entry and the rows it must give; positions of publishes are set when its time is known. */
const shapes = fc.oneof(
  fc.record({
    kind: fc.constant('publish' as const), step, ahead: fc.integer({ min: 0, max: 10_000 }), cause: fc.constantFrom('publish', 'dead-letter'),
    routes: fc.array(fc.record({ exchanges: fc.subarray(['x_1', 'x_2']), queues: fc.subarray(['q_a', 'q_b', 'q_c']) }), { minLength: 1, maxLength: 3 }),
    runs: fc.array(
      fc.record({
        publishedBy: fc.constantFrom('', 'key1', 'key2'),
        messages: fc.array(
          fc.record({ route: fc.nat(2), bytes: fc.nat(2 ** 32 - 1), key: fc.oneof(fc.constant('a.b'), fc.string({ unit: 'binary', maxLength: 40 })), origin: fc.option(position, { nil: undefined }) }),
          { maxLength: 5 },
        ),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  fc.record({ kind: fc.constant('lease' as const), step, queueId, holder: fc.string({ maxLength: 9 }), items: fc.array(fc.tuple(position, fc.nat(99)), { minLength: 1, maxLength: 6 }) }),
  fc.record({
    kind: fc.constant('settle' as const), step, queueId,
    items: fc.array(fc.tuple(position, fc.nat(99), fc.oneof(fc.constant(['a'] as const), fc.tuple(fc.constant('r' as const), fc.nat()), fc.tuple(fc.constant('x' as const), reason))), { minLength: 1, maxLength: 6 }),
  }),
  fc.record({ kind: fc.constant('purge' as const), step, queueId, items: fc.array(position, { maxLength: 6 }) }),
);
type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never;
const kindOfLetter = { a: 'accepted', r: 'released', x: 'dead' } as const;

function entryOf(shape: Shape, atMs: number): Entry {
  const row = { queueId: 'queueId' in shape ? shape.queueId : '', deliveries: 0, argument: undefined, holder: undefined, atMs };
  if (shape.kind === 'lease') {
    const rows = shape.items.map(([at, deliveries]) => ({ ...row, kind: 'leased', position: at, deliveries, holder: shape.holder }));
    return { atMs, fields: queueFields('c', shape.queueId, shape.items.map((item) => item.join(':')).join(' '), shape.holder), rows };
  }
  if (shape.kind === 'settle') {
    const rows = shape.items.map(([at, deliveries, [letter, argument]]) => ({ ...row, kind: kindOfLetter[letter], position: at, deliveries, argument }));
    const list = shape.items.map(([at, deliveries, [letter, argument]]) => `${letter}${at}:${deliveries}${argument === undefined ? '' : `:${String(argument).replaceAll(' ', '%20')}`}`);
    return { atMs, fields: queueFields('s', shape.queueId, list.join(' ')), rows };
  }
  if (shape.kind === 'purge') {
    const rows = shape.items.length === 0 ? [{ ...row, kind: 'emptied', position: 0 }] : shape.items.map((at) => ({ ...row, kind: 'purged', position: at }));
    return { atMs, fields: queueFields('g', shape.queueId, shape.items.length === 0 ? '*' : shape.items.join(' ')), rows };
  }
  const first = positionAtMs(atMs) + shape.ahead;
  const plan = { cause: shape.cause, queues: ['q_a', 'q_b', 'q_c'], routes: shape.routes.map(({ exchanges, queues }) => ({ on: 'x_1', exchanges, queues: queues.map((id) => ['q_a', 'q_b', 'q_c'].indexOf(id)) })) };
  const runs = shape.runs.map(({ publishedBy, messages }) => ({
    publishedBy,
    messages: messages.map(({ route, bytes, key, origin }) => ({ route: route % shape.routes.length, bytes, key, ...(origin === undefined ? {} : { ownId: messageIdOf(origin) }) })),
  }));
  let next = first;
  const rows = shape.runs.flatMap(({ publishedBy, messages }) =>
    messages.map(({ route, bytes, key, origin }) => {
      const { exchanges, queues } = shape.routes[route % shape.routes.length]!;
      return { kind: 'published', atMs, position: next++, publishedBy, bytes, key, origin, route: { on: 'x_1', exchanges, passed: exchanges, queues, cause: shape.cause } };
    }),
  );
  return { atMs, fields: publishFields(first, plan, runs), rows };
}

function entriesOf(some: readonly Shape[]): Entry[] {
  let atMs = start;
  return some.map((shape) => entryOf(shape, (atMs += shape.step)));
}

function packEntries(entries: readonly Entry[], firstEvent = 100): OpenSegment[] {
  const packer = new SegmentPacker(ns, firstEvent, { ...silentLogger, error: (event) => { throw new Error(event); } });
  const decoder = new EntryDecoder();
  for (const [i, { atMs, fields }] of entries.entries()) packer.addEntry({ id: `${atMs}-${i}`, fields }, decoder);
  return packer.finish();
}

const factsOf = (segments: readonly OpenSegment[]): Fact[] => segments.flatMap((segment) => [...readSegment(segment.bytes, segment)]);
const withNumbers = (entries: readonly Entry[], from: number) => entries.flatMap(({ rows }) => rows).map((row, i) => ({ ...(row as object), number: from + i }));

describe('segments', () => {
  it('give back every row of the log in order, one hour each', () => {
    fc.assert(
      fc.property(fc.array(shapes, { maxLength: 30 }), (some) => {
        const entries = entriesOf(some);
        const segments = packEntries(entries);
        expect(factsOf(segments)).toEqual(withNumbers(entries, 100));
        for (const { fromMs, toMs } of segments) expect(Math.floor(fromMs / hourMs)).toBe(Math.floor(toMs / hourMs));
      }),
    );
  });

  it('say the same after they were joined and packed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(shapes, { maxLength: 12 }), fc.nat(12), async (some, cut) => {
        const entries = entriesOf(some.map((shape) => ({ ...shape, step: Math.min(shape.step, 50) })));
        const before = packEntries(entries.slice(0, cut));
        const stored = await Promise.all(before.map(async (segment) => ({ ...segment, payload: await pack(segment.bytes) })));
        const [last] = packEntries(entries.slice(cut), 100 + before.reduce((sum, { events }) => sum + events, 0));
        if (last === undefined) return;
        const joined = await merge(ns, stored, last);
        const [whole] = packEntries(entries);
        expect(factsOf([joined])).toEqual(withNumbers(entries, 100));
        expect(joined.terms.toSorted()).toEqual(whole!.terms.toSorted());
        expect(joined).toMatchObject({ members: whole!.members, events: whole!.events, kinds: whole!.kinds, minPosition: whole!.minPosition, maxPosition: whole!.maxPosition, moved: whole!.moved });
      }),
      { numRuns: 60 },
    );
  });

  it('keep an entry nobody understands, whole, and say so', async () => {
    const told: string[] = [];
    const packer = new SegmentPacker(ns, 0, { ...silentLogger, error: (event) => void told.push(event) });
    const fields = new Map([['k', Buffer.from('future')], ['z', Buffer.from([0, 255, 7])]]);
    packer.addEntry({ id: `${start}-0`, fields }, new EntryDecoder());
    packer.addEntry({ id: `${start}-1`, fields: queueFields('c', 'q_a', '7:1', 'h') }, new EntryDecoder());
    const [segment] = packer.finish();
    const facts = [...readSegment(await unpack(await pack(segment!.bytes)), segment!)];
    expect(facts).toMatchObject([{ kind: 'opaque', number: 0, fields }, { kind: 'leased', number: 1 }]);
    expect(told).toEqual(['message_log.entry_not_understood']);
  });

  it('leave out what was not stored', () => {
    const plan = { queues: ['q_a'], routes: [{ on: 'q_a', exchanges: [], queues: [0] }] };
    const fields = publishFields(positionAtMs(start), plan, [{ publishedBy: '', messages: [0, 1, 2].map((i) => ({ route: 0, bytes: i, key: '' })) }], '1:-:s 2:0:r:maxMessages');
    expect(factsOf(packEntries([{ atMs: start, fields, rows: [] }]))).toMatchObject([
      { kind: 'published', position: positionAtMs(start) }, { kind: 'published', position: positionAtMs(start) + 2 }, { kind: 'refused', position: positionAtMs(start) + 2, argument: 'maxMessages' },
    ]);
  });

  it('of another version are refused', () => {
    expect(() => [...readSegment(Buffer.from([9]), { firstEvent: 0, fromMs: 0 })]).toThrow('unknown version 9');
  });
});

describe('joining small segments', () => {
  const segment = (firstEvent: number, events: number) => ({ firstEvent, events, fromMs: 0, payload: new Uint8Array() });

  it('never leaves a row for each of few events', () => {
    expect(mergeable([segment(0, 200)], { firstEvent: 200, events: 1 })).toHaveLength(1);
  });

  it('leaves a larger one alone until as much has come', () => {
    expect(mergeable([segment(0, 4_000)], { firstEvent: 4_000, events: 300 })).toHaveLength(0);
    expect(mergeable([segment(4_000, 300), segment(0, 4_000)], { firstEvent: 4_300, events: 3_700 })).toHaveLength(2);
  });

  it('takes only what follows, and not more than a segment holds', () => {
    expect(mergeable([segment(0, 10)], { firstEvent: 11, events: 5 })).toHaveLength(0);
    expect(mergeable([segment(0, fullSegmentEvents - 4)], { firstEvent: fullSegmentEvents - 4, events: 5 })).toHaveLength(0);
  });

  it('keeps few segments and writes a row few times, at any pace', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 3_000 })), { minLength: 1, maxLength: 400 }), (batches) => {
        let stored: ReturnType<typeof segment>[] = [];
        let [total, written] = [0, 0];
        for (const events of batches) {
          const chosen = mergeable(stored, { firstEvent: total, events });
          const joined = chosen.reduce((sum, each) => sum + each.events, events);
          stored = [segment(total + events - joined, joined), ...stored.slice(chosen.length)].filter((each) => each.events < fullSegmentEvents);
          total += events;
          written += joined;
        }
        expect(stored.filter((each) => each.events < 1_000).length).toBeLessThanOrEqual(14);
        expect(written).toBeLessThan(total * 14 + batches.length * 256);
      }),
    );
  });
});
