import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BillingUnderTest } from '../testing/billing-under-test.js';
import { periodAt } from './period.js';

const startMs = Date.UTC(2026, 8, 1);
const hourMs = 3_600_000;

describe('the evidence of an invoice', () => {
  let room: BillingUnderTest;
  beforeAll(async () => {
    room = await BillingUnderTest.start(Date.UTC(2026, 9, 1, 2));
  });
  afterAll(() => room?.stop());

  it('is the digest over the digests of its sealed hours, which anybody computes again', async () => {
    const home = await room.newHome();
    const namespaces = [home.namespaceId, await room.addNamespace(home, 'staging')];
    for (const namespaceId of namespaces) {
      await room.use(namespaceId, [-1, 0, 13, 719, 720].map((hour) => ({ atMs: startMs + hour * hourMs, dimension: 'mq_messages' as const, quantity: BigInt(hour + 2) })));
    }
    await room.seal(home, startMs + 721 * hourMs);
    const digests: { namespaceId: string; hourMs: number; sha256: string }[] = [];
    for await (const page of room.billing.source.sealedHours(home.caller, periodAt(startMs))) digests.push(...page);
    expect(digests).toHaveLength(6);
    const text = digests.map(({ namespaceId, hourMs: atMs, sha256 }) => `${namespaceId}|${new Date(atMs).toISOString()}|${sha256}\n`).join('');
    expect(await room.billing.source.evidence(home.caller, periodAt(startMs))).toBe(createHash('sha256').update(text).digest('hex'));
  });

  it('of nothing is the digest of nothing, and another tenant has no part in it', async () => {
    const { caller } = await room.newHome();
    expect(await room.billing.source.evidence(caller, periodAt(startMs))).toBe(createHash('sha256').digest('hex'));
  });
});
