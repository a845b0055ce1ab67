import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Home } from '@waybill/testing';
import { nextPeriod, periodAt } from '../invoices/period.js';
import { BillingUnderTest } from '../testing/billing-under-test.js';

const january = periodAt(Date.UTC(2026, 0, 1));
const [dayMs, lookMs] = [86_400_000, 10_000];
const million = 1_000_000n;

describe('the spend watch', () => {
  let it_: BillingUnderTest;
  let home: Home;
  beforeAll(async () => {
    it_ = await BillingUnderTest.start(january.startMs + dayMs);
  });
  afterAll(() => it_?.stop());
  beforeEach(async () => {
    home = await it_.newHome();
    it_.mails.length = 0;
    await it_.billing.profiles.setEmail(home.caller, 'billing@example.com');
  });

  const use = (millions: bigint, namespaceId = home.namespaceId) => it_.use(namespaceId, [{ atMs: it_.clock.nowMs(), dimension: 'mq_messages', quantity: millions * million }]);
  const look = async () => {
    await it_.billing.watch.look(home.caller);
    await it_.billing.mails.run();
  };
  const gate = async (namespaceId = home.namespaceId) => JSON.parse((await it_.billing.profiles.gates(home.caller)).get(namespaceId) ?? '{"kind":"open"}') as { kind: string; limits?: Record<string, string> };
  // Mails noted in the same look go in any order.
  const percentOf = (subject: string) => Number(/\d+/.exec(subject)?.[0] ?? 0);
  const subjects = () => it_.mails.map(({ subject }) => subject).sort((a, b) => percentOf(a) - percentOf(b));

  it('row 25: tells at 50, 80 and 100 percent once, stops publishing at the cap, and lets go within ten seconds of a raise or a new month', async () => {
    await it_.billing.profiles.setCaps(home.caller, 200n, new Map());
    await use(1n);
    await look();
    expect([subjects(), (await gate()).kind]).toEqual([[], 'open']);
    await use(3n);
    for (let i = 0; i < 3; i += 1) await look();
    expect([subjects(), (await gate()).kind]).toEqual([['Waybill: 50 % of the spend cap is spent'], 'open']);
    await use(2n);
    await look();
    expect([subjects().slice(1), (await gate()).kind]).toEqual([['Waybill: 80 % of the spend cap is spent', 'Waybill: 100 % of the spend cap is spent'], 'spend_cap']);
    expect(it_.mails.map(({ to }) => to)).toEqual(Array(3).fill('billing@example.com'));

    await it_.billing.profiles.setCaps(home.caller, 400n, new Map());
    await it_.billing.watch.run();
    const before = it_.clock.nowMs();
    expect((await gate()).kind).toBe('open');
    await use(6n);
    await look();
    expect((await gate()).kind).toBe('spend_cap');
    it_.clock.advance(nextPeriod(periodAt(before)).startMs - before);
    // The next look of the job, at most ten seconds later, walks those that are stopped although nothing moves.
    it_.clock.advance(lookMs);
    await it_.billing.watch.run();
    expect((await gate()).kind).toBe('open');
  });

  it('stops a namespace at its own cap and leaves the others alone', async () => {
    const staging = await it_.addNamespace(home, 'staging');
    await it_.billing.profiles.setCaps(home.caller, null, new Map([[staging, 40n]]));
    await use(1n);
    await use(2n, staging);
    await look();
    expect([(await gate(staging)).kind, (await gate()).kind]).toEqual(['spend_cap', 'open']);
    expect(subjects()).toEqual([50, 80, 100].map((percent) => `Waybill: ${percent} % of the cap of namespace ${staging} is spent`));
  });

  it('gives the free plan its exact quota where publishes are accepted, shares it between namespaces, and stops on what is counted later', async () => {
    await it_.billing.contracts.change(home.caller, 'free');
    const now = it_.clock.nowMs();
    it_.clock.advance(nextPeriod(periodAt(now)).startMs - now);
    await look();
    expect(await gate()).toMatchObject({ kind: 'quota', limits: { mq_messages: '1000000', mq_queue_passes: '2000000' } });
    const second = await it_.addNamespace(home, 'second');
    await it_.use(home.namespaceId, [{ atMs: it_.clock.nowMs(), dimension: 'mq_messages', quantity: 400_000n }]);
    await look();
    expect([(await gate()).limits!['mq_messages'], (await gate(second)).limits!['mq_messages']]).toEqual(['700000', '300000']);
    // A batch that does not fit into an equal part is refused, and has room after the next look. The edge of the month is over.
    it_.clock.advance(120_000);
    await it_.use(second, [{ atMs: it_.clock.nowMs(), dimension: 'mq_blocked', quantity: 500_000n }]);
    await look();
    expect([(await gate()).limits!['mq_messages'], (await gate(second)).limits!['mq_messages']]).toEqual(['400004', '599996']);
    await it_.use(home.namespaceId, [{ atMs: it_.clock.nowMs(), dimension: 'mq_push_attempts', quantity: 50_000n }]);
    await look();
    expect([(await gate()).kind, (await gate(second)).kind]).toEqual(['quota_used', 'quota_used']);
  });

  it('counts against a quota also what the plan has no price for', async () => {
    await it_.billing.contracts.change(home.caller, 'flat');
    const now = it_.clock.nowMs();
    it_.clock.advance(nextPeriod(periodAt(now)).startMs - now);
    const out = (quantity: bigint) => it_.use(home.namespaceId, [{ atMs: it_.clock.nowMs(), dimension: 'mq_kib_out', quantity }]);
    await out(62_914_559n);
    await look();
    expect((await gate()).kind).toBe('quota');
    await out(1n);
    await look();
    expect((await gate()).kind).toBe('quota_used');
  });

  it('names the bound of what can be spent above a cap, and publishes the prices that receipts show', async () => {
    await look();
    const [row] = await it_.fresh.query(`SELECT price FROM publish_terms WHERE namespace_id = '${home.namespaceId}'`);
    expect(row!['price']).toMatchObject({ currency: 'USD', unitPriceE12: { mq_messages: '40000000', mq_kib_in: '5000000', mq_queue_passes: '20000000' } });
  });
});
