import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CountsStore, DrillDown, DrillDownStore, EvidenceKeeper, EvidenceStore, openFacts, Reconciliation } from '@waybill/billing';
import type { Facts } from '@waybill/billing';
import { keys, messageIdOf, MessageLogStore, MessageStore, openRedis, Publisher, PushAttemptStream, PushStore, QueueStore, queueSettings, snapshotField, SnapshotStore, TopologyCache, whenReady } from '@waybill/broker';
import type { QueueDefinition, QueueRef, Redis } from '@waybill/broker';
import { AttemptDrain, AttemptStore, CountedCalls, encodeAttempts } from '@waybill/delivery';
import type { AttemptFacts } from '@waybill/delivery';
import { newId, silentLogger } from '@waybill/kernel';
import type { SubscriptionId } from '@waybill/kernel';
import { MessageLogDrain, openMessageLog, SegmentStore } from '@waybill/message-log';
import { ArchiveBooker, ArchiveSampler, ArchiveSampleStore, LedgerStore, LifetimeStore, MinuteBooker, RetainedBytesStore, SealStore, UsageCounterStore, UsageDrain } from '@waybill/metering';
import type { WatermarkedNamespace } from '@waybill/metering';
import type { FreshDatabase, Home } from '@waybill/testing';
import { freshDatabase, newHome, testServer } from '@waybill/testing';
import fc from 'fast-check';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const definition: QueueDefinition = { id: 'q_one', name: 'one', kind: 'standard', leaseMs: 30_000, deliveryLimit: null };
const subscription = 'sub_06f1v3a8q0e1k2m3n4p5q6r7s8';
const at = (ms: number) => new Date(ms).toISOString();

/** Every dimension is counted by the product's own parts, and a second time from what they left behind. */
describe('the recount of every dimension', () => {
  let fresh: FreshDatabase;
  let redis: Redis;
  let home: Home;
  let facts: Facts;
  let evidence: EvidenceStore;
  let drillDown: DrillDown;
  let publisher: Publisher;
  /** Start of the hour in which the clock of Redis is now. */
  let hour: number;
  let queue: QueueRef;

  beforeAll(async () => {
    fresh = await freshDatabase();
    redis = openRedis(testServer('WAYBILL_TEST_REDIS_URL'), 'commands');
    await whenReady(redis);
    evidence = new EvidenceStore(fresh.database);
    facts = openFacts({ database: fresh.database, log: openMessageLog({ database: fresh.database, redis, logger: silentLogger }), calls: new CountedCalls(fresh.database, redis) });
    drillDown = new DrillDown(new DrillDownStore(fresh.database), evidence, facts);
  });
  afterAll(async () => {
    redis?.disconnect();
    await fresh?.drop();
  });
  afterEach(() => forget());

  async function forget(): Promise<void> {
    const found = await redis.keys(`{${home.namespaceId}}*`);
    if (found.length > 0) await redis.unlink(...found);
  }
  const hourNow = async (): Promise<number> => Math.floor(Number((await redis.time())[0]) / 3_600) * hourMs;
  async function begin(): Promise<void> {
    home = await newHome(fresh.database);
    const topology = keys.topology(home.namespaceId);
    await redis.hset(topology, snapshotField({ put: 'queue', queue: definition }), JSON.stringify(definition), 'version', '1');
    await redis.hset(keys.queue(home.namespaceId, definition.id), ...queueSettings(definition));
    queue = { ns: home.namespaceId, id: definition.id, name: definition.name };
    publisher = new Publisher(new TopologyCache(new SnapshotStore(redis)), new MessageStore(redis));
    hour = await hourNow();
  }
  /** Each speaks of one hour of Redis, whose clock nobody holds: what an hour ended in the midst of is done again, with another namespace. */
  const inOneHour = (name: string, scenario: () => Promise<void>, timeoutMs = 30_000) =>
    it(name, async () => {
      for (;;) {
        await begin();
        const failure: unknown = await scenario().then(() => undefined, (error: unknown) => error ?? new Error('it failed with nothing'));
        if ((await hourNow()) !== hour) continue;
        if (failure !== undefined) throw failure;
        return;
      }
    }, timeoutMs);

  const publish = (...bytes: number[]) =>
    publisher.publish(home.namespaceId, { queue: 'one' }, bytes.map((size) => ({ properties: { key: 'k', contentType: 'text/plain', priority: 0, headers: {} }, body: Buffer.alloc(size, 'x') })));
  const queues = () => new QueueStore(redis);
  const drainAll = async () => {
    await new UsageDrain(new UsageCounterStore(redis, keys), new LedgerStore(fresh.database), silentLogger).drain(home.namespaceId);
    await new MessageLogDrain(new MessageLogStore(redis), new SegmentStore(fresh.database), silentLogger).drain(home.namespaceId);
    await new AttemptDrain(new PushAttemptStream(redis), new AttemptStore(fresh.database), silentLogger).drain(home.namespaceId);
  };
  const reconcile = (ofMs = hour, of = home.caller) => new Reconciliation(evidence, facts).hour(of, home.namespaceId, ofMs);
  /** The difference of a stored log or stream that goes on to the end of the hour, which has not come yet, apart. */
  const differences = async (ofMs = hour) => (await reconcile(ofMs)).differences.map(({ dimension, resourceId, log, record, why }) => [dimension, resourceId, log, record, why]);
  const rows = async (dimension: string, resourceId: string, limit = 1_000, ofMs = hour) => {
    const all = [];
    let after: string | undefined;
    do {
      const page = await drillDown.hourFacts(home.caller, { namespaceId: home.namespaceId, resourceId, dimension, hourMs: ofMs }, { limit, after });
      expect(page.endsAtHour).toBeNull();
      all.push(...page.items);
      after = page.next ?? undefined;
      if (after === undefined) expect(all.reduce((sum, { units }) => sum + units, 0n)).toBe(page.total);
    } while (after !== undefined);
    return all;
  };
  const units = async (dimension: string, ofMs = hour) => (await evidence.sums(home.caller, home.namespaceId, ofMs)).rows.filter((row) => row.dimension === dimension).reduce((sum, { record }) => sum + record, 0n);

  const attempt = (outcome: AttemptFacts['outcome'] = 'failed', batchIndex = 0, batchMessages = 1, startedAtMs = hour - 5_000): AttemptFacts => ({
    messageId: 'msg_0000000000001', attempt: 1, startedAtMs, durationMs: 12, outcome, status: 500, reason: null, requestId: null, head: Buffer.alloc(0), batchIndex, batchMessages,
  });
  const settle = (id: string, attempts: readonly AttemptFacts[]) =>
    new PushStore(redis).settle({ subscriptionId: subscription, queue }, { id, calls: attempts.filter(({ batchIndex, outcome }) => batchIndex === 0 && outcome !== 'refused').length, attempts: encodeAttempts(attempts), state: null, settlements: [] });

  inOneHour('10 (recount): D5 is the first delivery of each copy, however often it comes back', async () => {
    await publish(10, 3_000, 70_000);
    for (let i = 0; i < 20; i += 1) {
      const claim = await queues().claim(queue, { max: 10, holder: 'worker-7' });
      if (claim.kind !== 'claimed') throw new Error('nothing was claimed');
      await queues().settle(queue, claim.deliveries.map(({ receipt }) => ({ action: 'release' as const, receipt, delayMs: 0 })));
      await queues().claim(queue, { max: 1, holder: 'c' }).then((each) => (each.kind === 'claimed' ? queues().settle(queue, [{ action: 'release', receipt: each.deliveries[0]!.receipt, delayMs: 0 }]) : undefined));
    }
    await drainAll();
    expect(await differences()).toEqual([]);
    const found = await rows('mq_kib_out', 'q_one', 2);
    expect(found.map(({ kind, units: kib }) => [kind, kib])).toEqual([['delivery', 1n], ['delivery', 3n], ['delivery', 69n]]);
    expect(found[0]).toMatchObject({ holder: 'worker-7', id: expect.stringMatching(/^msg_/) });
  });

  inOneHour('D5 has nothing of what was pushed, and all of what was taken without a lease', async () => {
    await publish(10, 20, 30);
    const store = new PushStore(redis);
    const ref = { subscriptionId: subscription, queue };
    const { run } = await store.begin(ref);
    await store.claim(ref, run, { max: 2, holder: 'push' });
    await queues().claim(queue, { max: 5, holder: 'c', leaseMs: 'none' });
    await drainAll();
    expect(await differences()).toEqual([]);
    expect(await rows('mq_kib_out', 'q_one')).toHaveLength(1);
  });

  inOneHour('D5 of an hour in which a version before wrote the log cannot be counted, and is no difference', async () => {
    await publish(10);
    await queues().claim(queue, { max: 1, holder: 'c' });
    const [[, fields] = ['', []]] = (await redis.xrevrange(keys.log(home.namespaceId), '+', '-', 'COUNT', 1)) as [string, string[]][];
    await redis.del(keys.log(home.namespaceId));
    await redis.xadd(keys.log(home.namespaceId), '*', 'k', 'c', 'q', 'q_one', 'h', 'c', 'm', fields[fields.indexOf('m') + 1]!.replace(/:1:1$/, ':1'));
    await drainAll();
    const found = await reconcile();
    expect(found.recounts.find(({ dimension }) => dimension === 'mq_kib_out')).toEqual({ dimension: 'mq_kib_out', state: 'not_kept', sinceMs: null });
    expect(found.differences.filter(({ dimension }) => dimension === 'mq_kib_out')).toEqual([]);
  });

  inOneHour('D6 is each call in the hour in which it was settled, once, though the answer of settling it was lost', async () => {
    await settle('1:1', [attempt(), attempt('refused'), attempt('delivered', 0, 3), attempt('delivered', 1, 3), attempt('delivered', 2, 3)]);
    for (let i = 0; i < 3; i += 1) await settle('1:2', [attempt('failed', 0, 1, hour + 1_000)]);
    await settle('1:3', [attempt('gone')]);
    await drainAll();
    expect(await units('mq_push_attempts')).toBe(4n);
    expect(await differences()).toEqual([]);
    const found = await rows('mq_push_attempts', subscription, 3);
    expect(found.map((fact) => (fact.kind === 'attempt' ? [fact.outcome, fact.status, fact.messages, fact.destination] : fact.kind))).toEqual(expect.arrayContaining([['delivered', 500, 3, null], ['gone', 500, 1, null]]));
    expect(found).toHaveLength(4);
    await fresh.query(`DELETE FROM push_attempts WHERE namespace_id = '${home.namespaceId}' AND outcome = 'gone'`);
    const [difference] = (await reconcile()).differences;
    expect(difference).toMatchObject({ dimension: 'mq_push_attempts', resourceId: subscription, log: 3n, record: 4n, why: 'log_behind' });
  });

  inOneHour('D6 has a row for each of thousands of calls, page by page, however they are stored', async () => {
    const ids = new Set<string>();
    for (let n = 0; n < 5; n += 1) {
      for (let i = 0; i < 3; i += 1) await settle(`1:${n * 3 + i}`, Array.from({ length: 120 }, (_, index) => ({ ...attempt(index % 40 === 0 ? 'failed' : 'delivered'), messageId: messageIdOf(index + 1), status: 200 })));
      await drainAll();
    }
    expect(await units('mq_push_attempts')).toBe(1_800n);
    expect(await differences()).toEqual([]);
    const stored = await fresh.query(`SELECT count(*) AS segments, sum(attempts) AS attempts FROM push_attempt_segments WHERE namespace_id = '${home.namespaceId}'`);
    expect(stored).toEqual([{ segments: '5', attempts: '1755' }]);
    const found = await rows('mq_push_attempts', subscription, 170);
    for (const [i, { id, atMs }] of found.entries()) {
      ids.add(id);
      expect(atMs).toBeGreaterThanOrEqual(found[i - 1]?.atMs ?? hour);
    }
    expect([found.length, ids.size]).toEqual([1_800, 1_800]);
  });

  const marks = () => new SealStore(fresh.database);
  const mark = async (): Promise<WatermarkedNamespace> =>
    (await marks().behind({ sealedMs: Number.MAX_SAFE_INTEGER / 2 ** 12, archiveMs: Number.MAX_SAFE_INTEGER / 2 ** 12 }, '', 10_000)).find(({ namespaceId }) => namespaceId === home.namespaceId)!;
  const begunHoursAgo = async (hours: number) => {
    await mark();
    await fresh.query(`UPDATE usage_watermarks SET minutes_through = '${at(hour - hours * hourMs)}', archive_through = '${at(hour - hours * hourMs)}' WHERE namespace_id = '${home.namespaceId}'`);
  };
  /** As a worker does that comes when the hour before is settled. */
  const bookMinutes = async () => {
    const lifetimes = new LifetimeStore(fresh.database);
    lifetimes.nowMs = () => Promise.resolve(hour + 180_000);
    return new MinuteBooker(lifetimes, new LedgerStore(fresh.database), marks(), silentLogger).book(await mark());
  };
  const live = (kind: 'queue' | 'exchange', name: string, id: string, bornMs: number, goneMs: number | null) =>
    fresh.query(`INSERT INTO resource_lifetimes VALUES ('${home.caller.tenantId}', '${home.namespaceId}', '${id}', '${kind}', '${name}', '${at(bornMs)}', ${goneMs === null ? 'NULL' : `'${at(goneMs)}'`})`);

  inOneHour('D7 and D8 are the minutes that lifetimes give, at the edges of hours, and of a name made and deleted 1,000 times in one', async () => {
    const start = hour - 3 * hourMs;
    await begunHoursAgo(4);
    await live('queue', 'whole', 'q_whole', start - dayMs, null);
    await live('queue', 'edge', 'q_edge', start - 1, start);
    await live('exchange', 'last', 'x_last', start + hourMs - 1, start + hourMs + 1);
    await live('exchange', 'gone', 'x_gone', start - 2 * dayMs, start - dayMs);
    await fresh.query(`INSERT INTO resource_lifetimes SELECT '${home.caller.tenantId}', '${home.namespaceId}', 'q_churn_' || i, 'queue', 'churn', TIMESTAMPTZ '${at(start)}' + i * INTERVAL '3600 ms', TIMESTAMPTZ '${at(start)}' + i * INTERVAL '3600 ms' + INTERVAL '1 s' FROM generate_series(0, 999) i`);
    await bookMinutes();
    for (const ofMs of [start - hourMs, start, start + hourMs]) {
      expect(await differences(ofMs)).toEqual([]);
      expect((await reconcile(ofMs)).recounts.filter(({ dimension }) => dimension.endsWith('_minutes')).map(({ state }) => state)).toEqual(['counted', 'counted']);
    }
    expect(await units('mq_queue_minutes', start)).toBe(60n + 59n);
    expect(await rows('mq_queue_minutes', 'q_whole', 10, start)).toMatchObject([{ kind: 'lifetime', units: 60n, atMs: start, name: 'whole', goneMs: null }]);
    const churned = (await evidence.sums(home.caller, home.namespaceId, start)).rows.filter(({ resourceId }) => resourceId.startsWith('q_churn_'));
    for (const { resourceId, record } of churned) expect(await rows('mq_queue_minutes', resourceId, 10, start)).toMatchObject([{ units: record, name: 'churn' }]);
    expect(await rows('mq_exchange_minutes', 'x_last', 10, start)).toMatchObject([{ units: 1n, atMs: start + hourMs - 1 }]);
    await fresh.query(`DELETE FROM resource_lifetimes WHERE namespace_id = '${home.namespaceId}' AND resource_id = 'q_whole'`);
    expect(await differences(start)).toEqual([['mq_queue_minutes', 'q_whole', 0n, 60n, 'lost_log']]);
  });

  inOneHour('D7: random lifetimes give the same minutes by both rules', async () => {
    const lives = fc.array(fc.record({ gap: fc.nat({ max: 900_000 }), length: fc.oneof(fc.constant(0), fc.nat({ max: 4_000_000 })), name: fc.constantFrom('a', 'b') }), { maxLength: 15 });
    await fc.assert(
      fc.asyncProperty(lives, async (parts) => {
        home = await newHome(fresh.database);
        await begunHoursAgo(4);
        const next: Record<string, number> = {};
        for (const [i, { gap, length, name }] of parts.entries()) {
          const bornMs = (next[name] ?? hour - 4 * hourMs - 600_000) + gap;
          next[name] = bornMs + length;
          if (bornMs < hour - hourMs) await live('queue', name, `q_${i}`, bornMs, bornMs + length);
        }
        await bookMinutes();
        for (let ofMs = hour - 4 * hourMs; ofMs < hour - hourMs; ofMs += hourMs) expect(await differences(ofMs)).toEqual([]);
      }),
      { numRuns: 15 },
    );
  }, 60_000);

  inOneHour('D9 is the sample that was kept, also when a worker died before it booked it', async () => {
    await begunHoursAgo(2);
    await live('queue', 'one', 'q_one', hour - dayMs, null);
    await redis.hset(keys.queue(home.namespaceId, 'q_one'), 'bytes', 1_048_577, 'deadBytes', 5);
    await redis.hset(keys.bodies(home.namespaceId), '@bytes', 3 * 1_048_576);
    const samples = new ArchiveSampleStore(fresh.database);
    const booker = () => new ArchiveBooker(new ArchiveSampler(new RetainedBytesStore(redis, keys), new LifetimeStore(fresh.database), samples), new LedgerStore(fresh.database), marks(), silentLogger);
    // It was measured and not booked; by the time the next worker looks, the queue is larger.
    const { tenantId } = home.caller;
    await samples.keep({ tenantId, namespaceId: home.namespaceId, hourMs: hour - 2 * hourMs }, { sampledAtMs: hour - hourMs + 5_000, bytes: new Map([['q_one', 1n]]) });
    await booker().book(await mark());
    expect(await units('mq_archive_mib_hours', hour - 2 * hourMs)).toBe(1n);
    expect(await units('mq_archive_mib_hours', hour - hourMs)).toBe(5n);
    for (const ofMs of [hour - 2 * hourMs, hour - hourMs]) expect((await differences(ofMs)).filter(([dimension]) => dimension === 'mq_archive_mib_hours')).toEqual([]);
    expect(await rows('mq_archive_mib_hours', 'q_one', 10, hour - hourMs)).toMatchObject([{ kind: 'sample', units: 2n, bytes: 1_048_582n }]);
    await expect(fresh.database.asSystem((tx) => tx.usageSample.deleteMany({}))).rejects.toThrow(/denied/);
    await fresh.query(`UPDATE usage_samples SET bytes = '{"q_one":"5242880"}' WHERE namespace_id = '${home.namespaceId}' AND hour = '${at(hour - hourMs)}'`);
    expect((await differences(hour - hourMs)).filter(([dimension]) => dimension === 'mq_archive_mib_hours')).toEqual([
      ['mq_archive_mib_hours', home.namespaceId, 0n, 3n, 'lost_log'], ['mq_archive_mib_hours', 'q_one', 5n, 2n, 'lost_counter'],
    ]);
  });

  inOneHour('1 (recount): random publishes, deliveries, deaths and calls leave A = B = C in every dimension they touch', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('publish' as const), sizes: fc.array(fc.constantFrom(0, 900, 1_100, 5_000, 70_000), { minLength: 1, maxLength: 4 }) }),
      fc.record({ do: fc.constant('deliver' as const), max: fc.integer({ min: 1, max: 5 }), then: fc.constantFrom('accept' as const, 'release' as const, 'reject' as const, 'none' as const) }),
      fc.record({ do: fc.constant('push' as const), outcomes: fc.array(fc.constantFrom('delivered' as const, 'failed' as const, 'refused' as const), { minLength: 1, maxLength: 30 }), repeated: fc.boolean() }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        await forget();
        await begin();
        for (const [i, each] of steps.entries()) {
          if (each.do === 'publish') await publish(...each.sizes);
          if (each.do === 'push') for (let n = 0; n < (each.repeated ? 2 : 1); n += 1) await settle(`1:${i}`, each.outcomes.map((outcome) => attempt(outcome)));
          if (each.do !== 'deliver') continue;
          const claim = await queues().claim(queue, { max: each.max, holder: 'c' });
          if (claim.kind !== 'claimed' || each.then === 'none') continue;
          const ends = { accept: {}, release: { delayMs: 0 }, reject: { reason: 'r' } }[each.then];
          await queues().settle(queue, claim.deliveries.map(({ receipt }) => ({ action: each.then, receipt, ...ends }) as never));
        }
        await drainAll();
        expect(await differences()).toEqual([]);
      }),
      { numRuns: 15 },
    );
  }, 120_000);

  inOneHour('is kept with the evidence of each sealed hour, and compared for every meter; another tenant sees none of it', async () => {
    const { caller, namespaceId } = home;
    const before = hour - hourMs;
    await begunHoursAgo(1);
    await live('queue', 'one', 'q_one', hour - dayMs, null);
    await live('exchange', 'in', 'x_in', hour - dayMs, null);
    await redis.hset(keys.queue(namespaceId, 'q_one'), 'bytes', 1);
    await bookMinutes();
    const sampler = new ArchiveSampler(new RetainedBytesStore(redis, keys), new LifetimeStore(fresh.database), new ArchiveSampleStore(fresh.database));
    await new ArchiveBooker(sampler, new LedgerStore(fresh.database), marks(), silentLogger).book(await mark());
    await redis.hincrby(keys.openUsage(namespaceId), `${before / hourMs}|mq_push_attempts|push|${subscription}`, 2);
    const call = (messageId: string, countedAtMs: number, batchIndex = 0) => ({
      subscriptionId: subscription as SubscriptionId, countedAtMs, delivered: undefined,
      others: [{ ...attempt('delivered', batchIndex, 1, before - 1_000), id: newId('attempt'), subscriptionId: subscription as SubscriptionId, messageId }],
    });
    await new AttemptStore(fresh.database).append(namespaceId, '0-0', '1-0', [call('msg_1', before), call('msg_2', hour - 1), call('msg_3', hour), call('msg_4', before, 1)]);
    await new UsageDrain(new UsageCounterStore(redis, keys), new LedgerStore(fresh.database), silentLogger).drain(namespaceId);
    await marks().seal({ tenantId: caller.tenantId, namespaceId }, hour, 'deadline');
    await new EvidenceKeeper(evidence, facts, () => hour + 1, silentLogger).keep();
    const kept = (await evidence.read(caller, namespaceId, before))!.units;
    expect(Object.fromEntries(kept)).toEqual({
      mq_messages: 0n, mq_kib_in: 0n, mq_exchange_passes: 0n, mq_queue_passes: 0n, mq_kib_out: 0n, mq_message_units: 0n, mq_push_attempts: 2n, mq_queue_minutes: 60n, mq_exchange_minutes: 60n, mq_archive_mib_hours: 1n,
    });
    const counts = () => new CountsStore(fresh.database).hours(caller.tenantId, { name: '', startMs: before, endMs: hour });
    expect((await counts()).map(({ meter, ledger, log }) => [meter, ledger, log])).toEqual([['mq_archive_mib_hours', 1n, 1n], ['mq_exchange_minutes', 60n, 60n], ['mq_push_attempts', 2n, 2n], ['mq_queue_minutes', 60n, 60n]]);
    const places = [['mq_push_attempts', subscription], ['mq_queue_minutes', 'q_one'], ['mq_exchange_minutes', 'x_in'], ['mq_archive_mib_hours', 'q_one'], ['mq_kib_out', 'q_one']] as const;
    const other = (await newHome(fresh.database)).caller;
    for (const [dimension, resourceId] of places) expect(await drillDown.hourFacts(other, { namespaceId, resourceId, dimension, hourMs: before }, { limit: 10 })).toEqual({ total: 0n, items: [], next: null, endsAtHour: null, evidence: null });
    expect((await reconcile(before, other)).differences).toEqual([]);
    expect(await fresh.database.withTenant(other.tenantId, (tx) => tx.usageSample.findMany())).toEqual([]);

    // Hours of before the meter are no differences.
    await fresh.query(`UPDATE usage_recounts SET since = '${at(hour)}' WHERE dimension = 'mq_push_attempts'`);
    try {
      expect((await counts()).find(({ meter }) => meter === 'mq_push_attempts')).toMatchObject({ ledger: 2n, log: null });
      await fresh.query(`DELETE FROM push_attempts WHERE namespace_id = '${namespaceId}'`);
      const found = await reconcile(before);
      expect(found.recounts.find(({ dimension }) => dimension === 'mq_push_attempts')).toEqual({ dimension: 'mq_push_attempts', state: 'not_kept', sinceMs: hour });
      expect(found.differences.filter(({ dimension }) => dimension === 'mq_push_attempts')).toEqual([]);
      expect(await drillDown.hourFacts(caller, { namespaceId, resourceId: subscription, dimension: 'mq_push_attempts', hourMs: before }, { limit: 10 })).toMatchObject({ total: 2n, items: [], endsAtHour: 'not_kept' });
    } finally {
      await fresh.query(`UPDATE usage_recounts SET since = 'epoch' WHERE dimension = 'mq_push_attempts'`);
    }
    // What was counted again when the hour was sealed, and has been deleted since, is no difference either.
    expect((await reconcile(before)).recounts.find(({ dimension }) => dimension === 'mq_push_attempts')).toMatchObject({ state: 'expired' });
    expect(await drillDown.hourFacts(caller, { namespaceId, resourceId: subscription, dimension: 'mq_push_attempts', hourMs: before }, { limit: 10 })).toMatchObject({ total: 2n, items: [], endsAtHour: 'log_expired' });
  });
});
