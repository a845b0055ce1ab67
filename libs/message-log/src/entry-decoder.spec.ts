import { describe, expect, it } from '@jest/globals';
import { messageIdOf } from '@waybill/broker';
import fc from 'fast-check';
import { EntryDecoder } from './entry-decoder.js';
import { codeOf } from './fact.js';
import { publishFields, queueFields } from './testing/held-log.js';

const first = 114_000_000_000_000;
const plan = { cause: 'publish', queues: ['q_a', { id: 'q_b', k: 'fifo' }], routes: [{ on: 'x_1', exchanges: ['x_1'], queues: [0, 1] }, { on: 'q_a', exchanges: {}, queues: [0] }] };
const decode = (fields: ReadonlyMap<string, Buffer>) => new EntryDecoder().decode({ id: '1-0', fields });
const message = (key: string, more: { ownId?: string; route?: number } = {}) => ({ route: 0, bytes: 7, key, ...more });

describe('the decoder of log entries', () => {
  it('reads the messages of several callers in one publish', () => {
    const runs = [
      { publishedBy: 'key1', messages: [message('a'), message('ü', { route: 1 })] },
      { publishedBy: '', messages: [message('', { ownId: messageIdOf(first - 9) })] },
    ];
    expect(decode(publishFields(first, plan, runs))).toEqual({
      kind: 'publish', first, routes: [0, 1, 0], publishedBy: ['key1', 'key1', ''], bytes: [7, 7, 7], keys: ['a', 'ü', ''], origins: [undefined, undefined, first - 9],
      plan: {
        queues: ['q_a', 'q_b'],
        routes: [
          { on: 'x_1', exchanges: ['x_1'], passed: ['x_1'], queues: ['q_a', 'q_b'], cause: 'publish' },
          { on: 'q_a', exchanges: [], passed: [], queues: ['q_a'], cause: 'publish' },
        ],
      },
      exceptions: { leftOut: new Set(), notTaken: [] },
    });
  });

  it('reads who did not take what, and leaves out what was not stored', () => {
    const runs = [{ publishedBy: 'k', messages: [message('a'), message('b')] }, { publishedBy: 'k', messages: [message('c'), message('d')] }, { publishedBy: 'k', messages: [message('e')] }];
    const entry = decode(publishFields(first, plan, runs, `0:0:r:maxBytes 0:1:d:${first - 50} 1:1:d:@0 1:-:i:${first - 4096} 4:0:r:maxMessages 4:-:s`));
    expect(entry).toMatchObject({
      exceptions: {
        leftOut: new Set([2, 3, 4]),
        notTaken: [
          { index: 0, queueId: 'q_a', code: codeOf.refused, argument: 'maxBytes' },
          { index: 0, queueId: 'q_b', code: codeOf.duplicate, argument: 50 },
          { index: 1, queueId: 'q_b', code: codeOf.duplicate, argument: 1 },
        ],
      },
    });
  });

  it('reads leases, settlements, returns and purges', () => {
    expect(decode(queueFields('c', 'q_a', `${first}:1 ${first + 3}:12`, 'billing'))).toMatchObject({
      queueId: 'q_a', holder: 'billing', codes: [codeOf.leased, codeOf.leased], positions: [first, first + 3], deliveries: [1, 12],
    });
    expect(decode(queueFields('s', 'q_a', `a1:1 r2:3:1500 x3:1:bad%20input:%20no x4:1: e5:1:60000 f6:1`))).toMatchObject({
      codes: ['accepted', 'released', 'dead', 'dead', 'extended', 'deferred'].map((kind) => codeOf[kind as 'dead']), positions: [1, 2, 3, 4, 5, 6],
      arguments: [undefined, 1_500, 'bad input: no', undefined, 60_000, undefined],
    });
    expect(decode(queueFields('b', 'q_a', 'b1:1 d2:0 x3:10:delivery_limit'))).toMatchObject({
      codes: [codeOf.returned, codeOf.due, codeOf.dead], arguments: [undefined, undefined, 'delivery_limit'],
    });
    expect(decode(queueFields('g', 'q_a', '0000000000000017 18'))).toMatchObject({ codes: [codeOf.purged, codeOf.purged], positions: [17, 18], deliveries: [0, 0] });
    expect(decode(queueFields('g', 'q_a', '*'))).toMatchObject({ codes: [codeOf.emptied] });
  });

  it('reads what went out of a first hand-out, and by which moment it was counted', () => {
    const claim = queueFields('c', 'q_a', '7:1:3 8:2 9:1:0 10:1', 'h').set('t', Buffer.from('1798761599999'));
    expect(decode(claim)).toMatchObject({ deliveries: [1, 2, 1, 1], arguments: [3, undefined, 0, undefined], countedMs: 1_798_761_599_999 });
    expect(decode(queueFields('s', 'q_a', 'a7:1'))).toMatchObject({ arguments: [undefined], countedMs: undefined });
    expect(() => decode(queueFields('c', 'q_a', '7:1:3', 'h').set('t', Buffer.from('soon')))).toThrow();
  });

  it.each([
    ['an unknown kind', new Map([['k', Buffer.from('z')]])],
    ['no kind', new Map<string, Buffer>()],
    ['an unknown letter', queueFields('s', 'q_a', 'q1:1')],
    ['no number', queueFields('c', 'q_a', 'x:1', 'h')],
    ['a position beyond 53 bits', queueFields('c', 'q_a', '99999999999999999:1', 'h')],
    ['no holder', queueFields('c', 'q_a', '1:1')],
    ['a route that does not exist', publishFields(first, plan, [{ publishedBy: '', messages: [message('', { route: 2 })] }])],
    ['an exception of no message', publishFields(first, plan, [{ publishedBy: '', messages: [message('')] }], '1:0:r:maxBytes')],
    ['an exception of no queue', publishFields(first, plan, [{ publishedBy: '', messages: [message('')] }], '0:7:r:maxBytes')],
    ['a duplicate of something later', publishFields(first, plan, [{ publishedBy: '', messages: [message('')] }], `0:0:d:${first + 1}`)],
    ['a broken plan', publishFields(first, { queues: 7 }, [])],
    ['an own id that is none', publishFields(first, plan, [{ publishedBy: '', messages: [message('', { ownId: 'mine' })] }])],
  ])('refuses an entry with %s', (_what, fields) => {
    expect(() => decode(fields)).toThrow();
  });

  it('refuses details that are cut anywhere', () => {
    const whole = publishFields(first, plan, [{ publishedBy: 'key1', messages: [message('orders.eu', { ownId: messageIdOf(5) }), message('b')] }]);
    const details = whole.get('d')!;
    for (let length = 0; length < details.length; length += 1) {
      expect(() => decode(new Map(whole).set('d', details.subarray(0, length)))).toThrow();
    }
  });

  it('never fails otherwise than by refusing, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.constantFrom('c', 's', 'b', 'g'), fc.uint8Array({ maxLength: 40 }), (kind, list) => {
        const fields = new Map([['k', Buffer.from(kind)], ['q', Buffer.from('q')], ['h', Buffer.from('h')], ['m', Buffer.from(list)]]);
        try {
          const entry = decode(fields);
          if (entry.kind === 'queue') expect(entry.positions.every((position) => Number.isSafeInteger(position))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});
