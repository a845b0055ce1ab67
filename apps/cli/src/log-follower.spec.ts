import { describe, expect, it } from '@jest/globals';
import type { LoggedEvent } from '@waybill/client';
import { LogFollower } from './log-follower.js';

const event = (second: number, messageId: string): LoggedEvent => ({
  at: new Date(1_800_000_000_000 + second * 1000).toISOString(), event: 'published', messageId, queue: null, queueId: null, exchange: null, key: null, bytes: null, deliveries: null, holder: null, reason: null,
});

describe('following the log', () => {
  it('tells each event once, oldest first, those that were logged late too', async () => {
    const log = [event(1, 'a'), event(2, 'b')];
    const asked: string[] = [];
    const follower = new LogFollower(async (from, after) => {
      if (after === undefined) asked.push(from);
      const found = log.filter(({ at }) => at >= from).sort((x, y) => (x.at < y.at ? 1 : -1));
      const start = Number(after ?? 0);
      return { items: found.slice(start, start + 2), next: start + 2 < found.length ? String(start + 2) : null };
    }, event(0, '').at);
    const look = async () => (await follower.look()).map(({ messageId }) => messageId);
    expect(await look()).toEqual(['a', 'b']);
    log.push(event(4, 'd'), event(3, 'late'), event(5, 'e'));
    expect(await look()).toEqual(['late', 'd', 'e']);
    expect(await look()).toEqual([]);
    log.push(event(100, 'f'));
    expect(await look()).toEqual(['f']);
    await look();
    expect(asked.at(-1)).toBe(event(90, '').at);
  });
});
