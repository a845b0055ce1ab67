import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { periodAt } from '../invoices/period.js';
import { BillingUnderTest } from '../testing/billing-under-test.js';
import { rateLedger } from './ledger-rating.store.js';

const startMs = Date.UTC(2026, 8, 1);
const tenants = 7;

describe('rating a month from the ledger', () => {
  let room: BillingUnderTest;
  beforeAll(async () => {
    room = await BillingUnderTest.start(Date.UTC(2026, 9, 1, 2));
    for (let tenant = 0; tenant < tenants; tenant += 1) {
      const { namespaceId } = await room.newHome();
      for (const day of [0, 14, 29]) {
        await room.use(namespaceId, [0, 1, 2].map((queue) => ({ atMs: startMs + day * 86_400_000, dimension: 'mq_queue_passes' as const, quantity: 1_000_000n, resourceId: `q_${queue}` })));
      }
    }
    await room.newHome();
  });
  afterAll(() => room?.stop());

  it('rates every tenant with usage once, each of its queues as one share, whatever the number of lanes', async () => {
    const one = await rateLedger(room.billing, periodAt(startMs), 1);
    expect(one).toMatchObject({ tenants, shares: tenants * 3, quantities: { mq_queue_passes: String(tenants * 9_000_000) } });
    // 9 M passes, 2 M of them free, at 0.00002 cents.
    expect(one.totalCents).toBe(String(tenants * 140));
    expect(await rateLedger(room.billing, periodAt(startMs), 3)).toEqual(one);
  });
});
