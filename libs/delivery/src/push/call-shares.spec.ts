import { describe, expect, it } from '@jest/globals';
import { CallShares } from './call-shares.js';

const holder = (tenantId: string, subscriptionId: string) => {
  const told: number[] = [];
  return { tenantId, subscriptionId, retry: () => void told.push(1), told };
};

function takeAll(shares: CallShares, of: ReturnType<typeof holder>): number {
  let taken = 0;
  while (shares.take(of, 1)) taken += 1;
  return taken;
}

describe('shares of the calls of a process', () => {
  it('leave half of it all free when one subscription takes what it can', () => {
    expect(takeAll(new CallShares(100), holder('t', 'a'))).toBe(50);
  });

  it('leave room for another tenant, however many subscriptions of one hang', () => {
    const shares = new CallShares(100);
    for (let i = 0; i < 40; i += 1) takeAll(shares, holder('greedy', `s${i}`));
    expect(takeAll(shares, holder('quiet', 'q'))).toBeGreaterThanOrEqual(3);
  });

  it('always have one call for a subscription that has none', () => {
    const shares = new CallShares(4);
    for (let i = 0; i < 20; i += 1) expect(shares.take(holder('t', `s${i}`), 1)).toBe(true);
  });

  it('tell who was refused first when one is given back', () => {
    const shares = new CallShares(4);
    const [a, b, c] = [holder('t', 'a'), holder('t', 'b'), holder('t', 'c')];
    for (const each of [a, b, c]) takeAll(shares, each);
    shares.give(a, 1);
    expect([a.told.length, b.told.length, c.told.length]).toEqual([1, 0, 0]);
    shares.leave(b);
    shares.give(a, 1);
    expect([a.told.length, b.told.length, c.told.length]).toEqual([1, 0, 1]);
  });

  it('weigh large messages', () => {
    expect([CallShares.weightOf(1_024), CallShares.weightOf(65_536), CallShares.weightOf(1_048_576)]).toEqual([1, 2, 17]);
  });
});
