import { describe, expect, it } from '@jest/globals';
import { HeldClock, silentLogger } from '@waybill/kernel';
import type { RefusedSum } from './refused-call.store.js';
import { refusedPerMinute, RefusedCalls } from './refused-calls.js';

function door() {
  const written: [string, RefusedSum][] = [];
  const clock = new HeldClock(1_000_000);
  const refused = new RefusedCalls({ add: async (id, sum) => void written.push([id, sum]) }, clock, silentLogger);
  const refuse = (id: string, address: string, times = 1) => Array.from({ length: times }, () => refused.note(id, address, 'unmatched'));
  return { written, clock, refused, refuse };
}
const limited = expect.objectContaining({ code: 'rate_limited', params: expect.objectContaining({ retryAfterSeconds: 60 }) });

describe('calls refused at a source', () => {
  it('are limited for their address alone, until the minute is over', () => {
    const { clock, refused, refuse } = door();
    refuse('src_1', '203.0.113.7', refusedPerMinute - 1);
    refused.admit('src_1', '203.0.113.7');
    refuse('src_1', '203.0.113.7');
    expect(() => refused.admit('src_1', '203.0.113.7')).toThrow(limited);
    refused.admit('src_1', '203.0.113.8');
    refused.admit('src_2', '203.0.113.7');
    clock.advance(59_999);
    expect(() => refused.admit('src_1', '203.0.113.7')).toThrow();
    clock.advance(1);
    refused.admit('src_1', '203.0.113.7');
    refuse('src_1', '203.0.113.7');
    refused.admit('src_1', '203.0.113.7');
  });

  it('come from one address when they come from one network of IPv6', () => {
    const { refused } = door();
    for (let host = 0; host < refusedPerMinute; host += 1) refused.note('src_1', `2001:db8:1:2::${host.toString(16)}`, 'unmatched');
    expect(() => refused.admit('src_1', '2001:db8:1:2:ffff::1')).toThrow(limited);
    refused.admit('src_1', '2001:db8:1:3::1');
    for (let call = 0; call < refusedPerMinute; call += 1) refused.note('src_1', '::ffff:203.0.113.7', 'unmatched');
    refused.admit('src_1', '::ffff:203.0.113.8');
  });

  it('are counted from however many addresses they come', async () => {
    const { written, refused } = door();
    const calls = 10_100;
    for (let host = 0; host < calls; host += 1) refused.note('src_1', `10.0.${host >> 8}.${host & 255}`, 'unmatched');
    await refused.close();
    expect(written).toEqual([['src_1', { calls, lastAtMs: 1_000_000, lastReason: 'unmatched' }]]);
  });

  it('are written as one sum for each source, with the last moment and reason', async () => {
    const { written, clock, refused, refuse } = door();
    refuse('src_1', '203.0.113.7', refusedPerMinute);
    clock.advance(5);
    refused.note('src_2', '203.0.113.7', 'untimely');
    expect(() => refused.admit('src_1', '203.0.113.7')).toThrow();
    await refused.close();
    expect(written).toEqual([['src_1', { calls: refusedPerMinute + 1, lastAtMs: 1_000_005, lastReason: 'too_many' }], ['src_2', { calls: 1, lastAtMs: 1_000_005, lastReason: 'untimely' }]]);
    await refused.close();
    expect(written).toHaveLength(2);
  });

  it('from very many addresses keep the memory bounded', () => {
    const { refused, refuse } = door();
    refuse('src_1', '203.0.113.7', refusedPerMinute);
    for (let other = 0; other < 10_000; other += 1) refused.note('src_1', `198.51.${other >> 8}.${other & 255}`, 'unmatched');
    refused.admit('src_1', '203.0.113.7');
  });
});
