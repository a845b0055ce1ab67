import { describe, expect, it } from '@jest/globals';
import type { LoggedEvent } from '@waybill/contracts';
import { eventFacts } from './event-words.js';

const nothing: LoggedEvent = { at: '2026-03-10T00:00:00Z', event: 'routed', messageId: 'msg_1', queue: null, queueId: null, exchange: null, key: null, bytes: null, deliveries: null, holder: null, reason: null };

describe('a step of a message', () => {
  it('says what the log knows of it and nothing else', () => {
    expect(eventFacts(nothing)).toEqual([]);
    expect(eventFacts({ ...nothing, event: 'published', exchange: 'shop', key: 'order.created', bytes: 1_024, holder: 'key_1', deliveries: 0 })).toEqual(['exchange shop', 'routing key order.created', '1 KiB', 'key key_1']);
    expect(eventFacts({ ...nothing, event: 'leased', queue: 'orders', deliveries: 2, holder: 'worker' })).toEqual(['queue orders', 'delivery 2', 'by worker']);
    expect(eventFacts({ ...nothing, event: 'dead', queue: 'orders', reason: 'delivery_limit' })).toEqual(['queue orders', 'because delivery_limit']);
  });
});
