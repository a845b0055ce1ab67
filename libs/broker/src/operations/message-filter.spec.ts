import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { messageIdOf, timeOfMs } from '../position.js';
import { FakeQueue } from '../testing/fake-queue.js';
import { compileMessageFilter } from './message-filter.js';
import type { MessageFilter } from './message-filter.js';

const published = 5_000_000 * 4096;
const publishedMs = timeOfMs(published);
const iso = (ms: number) => new Date(ms).toISOString();
const deadMs = Date.UTC(2026, 5, 1);

const letter = new FakeQueue().add('dead', published + 777, {
  id: messageIdOf(published),
  body: Buffer.from('{"order":17,"city":"Köln"}'),
  properties: {
    key: 'order.created', group: 'g1', correlationId: 'c1', headers: { region: 'eu', 'x-retry': '3' },
    death: { reason: 'delivery_limit', queue: 'orders', atMs: deadMs, deliveries: 10 },
  },
});
const fits = (filter: MessageFilter) => compileMessageFilter(filter)(letter);

describe('a message filter', () => {
  it.each<[string, MessageFilter]>([
    ['nothing asked', {}],
    ['one of the ids', { ids: ['msg_00000000000', letter.id] }],
    ['the key', { key: 'order.created' }],
    ['the group', { group: 'g1' }],
    ['the correlation id', { correlationId: 'c1' }],
    ['every header named, whatever the case of its name', { headers: { Region: 'eu', 'x-retry': '3' } }],
    ['text in the body beyond ASCII', { bodyContains: 'Köln' }],
    ['the reason', { reason: 'delivery_limit' }],
    ['the moment of its first publish as both ends', { publishedFrom: iso(publishedMs), publishedTo: iso(publishedMs) }],
    ['the moment of its death as both ends', { deadFrom: iso(deadMs), deadTo: iso(deadMs) }],
  ])('takes a message with %s', (_what, filter) => {
    expect(fits(filter)).toBe(true);
  });

  it.each<[string, MessageFilter]>([
    ['other ids', { ids: ['msg_00000000000'] }],
    ['a key that only starts so', { key: 'order' }],
    ['another group', { group: 'g' }],
    ['another correlation id', { correlationId: 'c2' }],
    ['a header with another value', { headers: { region: 'us' } }],
    ['one header of two', { headers: { region: 'eu', other: '1' } }],
    ['a header that every object inherits', { headers: { tostring: 'x', constructor: 'x' } }],
    ['text that is not in the body', { bodyContains: 'Bonn' }],
    ['another reason', { reason: 'expired' }],
    ['a range that begins after the publish', { publishedFrom: iso(publishedMs + 1) }],
    ['a range that ends before the publish', { publishedTo: iso(publishedMs - 1) }],
    ['a range that begins after the death', { deadFrom: iso(deadMs + 1) }],
    ['a range that ends before the death', { deadTo: iso(deadMs - 1) }],
  ])('leaves a message when it asks for %s', (_what, filter) => {
    expect(fits(filter)).toBe(false);
  });

  it('leaves a message that never died when it asks for a death', () => {
    const ready = new FakeQueue().add('ready', published);
    for (const filter of [{ reason: 'expired' }, { deadFrom: iso(0) }, { deadTo: iso(Date.UTC(2090, 0, 1)) }]) {
      expect(compileMessageFilter(filter)(ready)).toBe(false);
    }
  });

  it('takes exactly what each of its parts takes alone', () => {
    const parts: MessageFilter[] = [
      { key: 'order.created' }, { group: 'g2' }, { correlationId: 'c1' }, { headers: { region: 'eu' } }, { bodyContains: 'Bonn' }, { reason: 'delivery_limit' },
    ];
    fc.assert(
      fc.property(fc.subarray(parts), (chosen) => {
        expect(fits(Object.assign({}, ...chosen))).toBe(chosen.every((part) => fits(part)));
      }),
    );
  });
});
