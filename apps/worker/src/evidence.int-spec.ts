import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CountedRows, CountsStore, DrillDown, DrillDownStore, EvidenceKeeper, EvidenceStore, MessageDigest, openFacts, Reconciliation, UsageSourceStore } from '@waybill/billing';
import { keys, MessageLogStore, MessageStore, openRedis, Publisher, QueueStore, queueSettings, snapshotField, SnapshotStore, TopologyCache, whenReady } from '@waybill/broker';
import type { OutgoingMessage, QueueDefinition, Redis, TopologyChange } from '@waybill/broker';
import type { Facts } from '@waybill/billing';
import { CountedCalls } from '@waybill/delivery';
import { silentLogger } from '@waybill/kernel';
import { MessageLogDrain, openMessageLog, SegmentStore } from '@waybill/message-log';
import type { MessageLogReader } from '@waybill/message-log';
import { HourLedger, HourLedgerStore, LedgerStore, SealStore, UsageCounterStore, UsageDrain } from '@waybill/metering';
import type { FreshDatabase, Home } from '@waybill/testing';
import { freshDatabase, newHome, testServer } from '@waybill/testing';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const message = (body: string, key = ''): OutgoingMessage => ({ properties: { key, contentType: 'text/plain', priority: 0, headers: {} }, body: Buffer.from(body) });
const one: QueueDefinition = { id: 'q_one', name: 'one', kind: 'standard', leaseMs: 30_000, deliveryLimit: null };
const full: QueueDefinition = { ...one, id: 'q_full', name: 'full', maxMessages: 2 };

/** Everything is counted and logged by the broker's own scripts. */
describe('the evidence under an invoice line', () => {
  let fresh: FreshDatabase;
  let redis: Redis;
  let home: Home;
  let publisher: Publisher;
  let log: MessageLogReader;
  let evidence: EvidenceStore;
  let facts: Facts;
  let drillDown: DrillDown;
  /** Start of the hour in which the clock of Redis is now. */
  let hour: number;

  beforeAll(async () => {
    fresh = await freshDatabase();
    redis = openRedis(testServer('WAYBILL_TEST_REDIS_URL'), 'commands');
    await whenReady(redis);
    evidence = new EvidenceStore(fresh.database);
    log = openMessageLog({ database: fresh.database, redis, logger: silentLogger });
    facts = openFacts({ database: fresh.database, log, calls: new CountedCalls(fresh.database, redis) });
    drillDown = new DrillDown(new DrillDownStore(fresh.database), evidence, facts);
  });
  afterAll(async () => {
    redis?.disconnect();
    await fresh?.drop();
  });
  async function begin(): Promise<void> {
    home = await newHome(fresh.database);
    publisher = new Publisher(new TopologyCache(new SnapshotStore(redis)), new MessageStore(redis));
    const changes: TopologyChange[] = [
      { put: 'exchange', exchange: { id: 'x_in', name: 'in', kind: 'fanout' } }, { put: 'queue', queue: one }, { put: 'queue', queue: full },
      ...['one', 'full'].map((queue) => ({ put: 'binding' as const, binding: { id: `b_${queue}`, source: 'in', destination: { queue }, pattern: '', headers: {}, match: 'all' as const } })),
    ];
    const topology = keys.topology(home.namespaceId);
    for (const change of changes) {
      if (!('put' in change)) continue;
      await redis.hset(topology, snapshotField(change), JSON.stringify(change.put === 'queue' ? change.queue : change.put === 'exchange' ? change.exchange : change.binding));
      if (change.put === 'queue') await redis.hset(keys.queue(home.namespaceId, change.queue.id), ...queueSettings(change.queue));
    }
    await redis.hset(topology, 'version', '1');
    hour = await hourNow();
  }
  afterEach(async () => {
    const found = await redis.keys(`{${home.namespaceId}}*`);
    if (found.length > 0) await redis.unlink(...found);
  });

  const hourNow = async (): Promise<number> => Math.floor(Number((await redis.time())[0]) / 3_600) * hourMs;
  /** Each speaks of one hour of Redis, whose clock nobody holds: what an hour ended in the midst of is done again, with another namespace. */
  const inOneHour = (name: string, scenario: () => Promise<void>) =>
    it(name, async () => {
      for (;;) {
        await begin();
        const failure: unknown = await scenario().then(() => undefined, (error: unknown) => error ?? new Error('it failed with nothing'));
        if ((await hourNow()) !== hour) continue;
        if (failure !== undefined) throw failure;
        return;
      }
    });
  async function work(): Promise<void> {
    const ns = home.namespaceId;
    for (let i = 0; i < 5; i += 1) await publisher.publish(ns, { exchange: 'in' }, [message('x'.repeat(i * 700))], { mode: 'each', publishedBy: 'key_1' });
    await publisher.publish(ns, { queue: 'one' }, [message('a'), message('b')]);
    const queues = new QueueStore(redis);
    const claim = await queues.claim({ ns, id: 'q_one', name: 'one' }, { max: 2, holder: 'c' });
    if (claim.kind !== 'claimed') throw new Error('nothing was claimed');
    await queues.settle({ ns, id: 'q_one', name: 'one' }, [{ action: 'reject', receipt: claim.deliveries[0]!.receipt, reason: 'bad' }, { action: 'accept', receipt: claim.deliveries[1]!.receipt }]);
  }
  const drainUsage = () => new UsageDrain(new UsageCounterStore(redis, keys), new LedgerStore(fresh.database), silentLogger).drain(home.namespaceId);
  const drainLog = () => new MessageLogDrain(new MessageLogStore(redis), new SegmentStore(fresh.database), silentLogger).drain(home.namespaceId);
  const reconcile = () => new Reconciliation(evidence, facts).hour(home.caller, home.namespaceId, hour);
  const seal = async () => {
    await new SealStore(fresh.database).seal({ tenantId: home.caller.tenantId, namespaceId: home.namespaceId }, hour + hourMs, 'watermark');
  };
  const keep = () => new EvidenceKeeper(evidence, facts, () => hour + 2 * hourMs, silentLogger).keep();

  inOneHour('is the recount of the message log, equal to the ledger to the unit', async () => {
    await work();
    await drainUsage();
    await drainLog();
    expect(await reconcile()).toMatchObject({ state: 'not_sealed', differences: [] });
    const counted = await evidence.sums(home.caller, home.namespaceId, hour);
    expect(counted.rows.filter(({ dimension }) => dimension === 'mq_queue_passes').map(({ cause, resourceId, record }) => [cause, resourceId, record]).sort()).toEqual([
      ['dead-letter', 'q_one', 1n], ['publish', 'q_full', 2n], ['publish', 'q_one', 7n],
    ]);
  });

  inOneHour('tells each difference with its cause', async () => {
    await work();
    await drainLog();
    await redis.hincrby(keys.openUsage(home.namespaceId), `${hour / hourMs}|mq_kib_in|publish|x_in`, -2);
    await redis.hincrby(keys.openUsage(home.namespaceId), `${hour / hourMs}|mq_queue_passes|publish|q_one`, 3);
    await drainUsage();
    const { differences } = await reconcile();
    expect(differences).toMatchObject([
      { dimension: 'mq_kib_in', resourceId: 'x_in', log: 10n, record: 8n, why: 'lost_counter' },
      { dimension: 'mq_queue_passes', resourceId: 'q_one', log: 7n, record: 10n, why: 'log_behind' },
    ]);
    await fresh.query(`UPDATE usage_records SET quantity = 99 WHERE namespace_id = '${home.namespaceId}' AND dimension = 'mq_kib_in' AND resource_id = 'x_in'`);
    expect((await reconcile()).differences).toContainEqual(expect.objectContaining({ dimension: 'mq_kib_in', record: 99n, why: 'ledger_changed' }));
  });

  inOneHour('tells what came late after the hour was sealed', async () => {
    await work();
    await drainUsage();
    await seal();
    await publisher.publish(home.namespaceId, { queue: 'one' }, [message('late')]);
    await drainUsage();
    await drainLog();
    expect((await reconcile()).differences.map(({ dimension, late, why }) => [dimension, late, why])).toEqual([
      ['mq_kib_in', 1n, 'late'], ['mq_message_units', 1n, 'late'], ['mq_messages', 1n, 'late'], ['mq_queue_passes', 1n, 'late'],
    ]);
  });

  inOneHour('keeps a digest of every sealed hour that anybody with the ids computes again', async () => {
    await work();
    await drainUsage();
    await drainLog();
    await seal();
    // The log of the running hour is still on its way: it is waited for.
    const { kept, waiting, failed } = await keep();
    expect([kept, waiting > 0, failed]).toEqual([0, true, 0]);
    const patient = new EvidenceKeeper(evidence, facts, () => hour + 26 * hourMs, silentLogger);
    expect(await patient.keep()).toMatchObject({ kept: waiting, failed: 0 });
    expect(await patient.keep()).toMatchObject({ kept: 0 });
    const digest = new MessageDigest();
    for await (const rows of log.counted({ tenantId: home.caller.tenantId, namespaceId: home.namespaceId }, { fromMs: hour, toMs: hour + hourMs })) {
      for (const row of rows) if (row.kind === 'published') digest.add(row.messageId, row.bytes);
    }
    const { messages, bytes, sha256 } = digest.finish();
    expect(messages).toBe(7);
    expect(await evidence.read(home.caller, home.namespaceId, hour)).toMatchObject({ hourMs: hour, kept: 'messages', messages: 7n, bytes, sha256 });
    // What the log was counted to stands beside the ledger in the reconciliation, equal to the unit.
    const compared = (await new CountsStore(fresh.database).hours(home.caller.tenantId, { name: '', startMs: hour, endMs: hour + hourMs })).filter(({ log }) => log !== null);
    expect(compared.map(({ meter }) => meter)).toEqual(['mq_exchange_passes', 'mq_kib_in', 'mq_kib_out', 'mq_message_units', 'mq_messages', 'mq_queue_passes']);
    for (const row of compared) expect(row).toEqual({ ...row, log: row.ledger, entries: row.ledger, late: 0n });
    expect(await evidence.read((await newHome(fresh.database)).caller, home.namespaceId, hour)).toBeNull();
  });

  inOneHour('stands beside each row of the ledger in an export: equal with what came late, or both numbers, also of what the ledger never had', async () => {
    await work();
    await drainLog();
    // The counters lost all of one exchange, and have three passes of a queue too many.
    const field = (name: string) => `${hour / hourMs}|${name}`;
    await redis.hdel(keys.openUsage(home.namespaceId), field('mq_exchange_passes|publish|x_in'));
    await redis.hincrby(keys.openUsage(home.namespaceId), field('mq_queue_passes|publish|q_one'), 3);
    await drainUsage();
    await seal();
    await publisher.publish(home.namespaceId, { queue: 'one' }, [message('late')]);
    await drainUsage();
    await drainLog();
    await new EvidenceKeeper(evidence, facts, () => hour + 26 * hourMs, silentLogger).keep();
    const source = new UsageSourceStore(fresh.database);
    const period = { name: '', startMs: hour, endMs: hour + hourMs };
    const rows = [];
    for await (const page of new CountedRows(new HourLedger(new HourLedgerStore(fresh.database)), source, evidence).pages(home.caller, period)) rows.push(...page);
    const parted = rows.filter(({ quantity, late, counted }) => counted !== null && counted !== (quantity ?? 0n) + late);
    expect(parted.map(({ dimension, resourceId, quantity, late, counted }) => [dimension, resourceId, quantity, late, counted])).toEqual([['mq_queue_passes', 'q_one', 10n, 1n, 8n], ['mq_exchange_passes', 'x_in', null, 0n, 5n]]);
    expect(rows.find(({ dimension, late }) => dimension === 'mq_messages' && late > 0n)).toMatchObject({ quantity: 2n, late: 1n, counted: 3n });
    for await (const hours of source.sealedHours(home.caller, period)) {
      expect(hours).toMatchObject([{ namespaceId: home.namespaceId, hourMs: hour, secondCount: { messages: { messages: 8, whole: true } } }]);
      expect([...hours[0]!.secondCount!.units.keys()].sort()).toEqual(['mq_exchange_passes', 'mq_kib_in', 'mq_kib_out', 'mq_message_units', 'mq_messages', 'mq_push_attempts', 'mq_queue_passes']);
    }
  });

  inOneHour('opens a line down to its messages, every level adding up to the one above', async () => {
    await work();
    await drainUsage();
    await drainLog();
    const { caller, namespaceId } = home;
    const day = Math.floor(hour / dayMs) * dayMs;
    const days = { fromMs: day, toMs: day + dayMs };
    const expected: Record<string, bigint> = { mq_messages: 7n, mq_message_units: 7n, mq_exchange_passes: 5n, mq_queue_passes: 10n, mq_kib_out: 2n };
    const lines = await drillDown.dimensions(caller, days);
    for (const [dimension, quantity] of Object.entries(expected)) expect(lines.find(({ id }) => id === dimension)?.quantity).toBe(quantity);
    for (const { id: dimension, quantity } of lines) {
      const namespaces = await drillDown.namespaces(caller, { dimension, days, limit: 10 });
      expect(namespaces).toMatchObject({ total: quantity, items: [{ id: namespaceId, quantity }] });
      const resources = await drillDown.resources(caller, namespaceId, { dimension, days, limit: 10 });
      expect([resources.total, resources.items.reduce((sum, each) => sum + each.quantity, 0n)]).toEqual([quantity, quantity]);
      for (const resource of resources.items) {
        const place = { namespaceId, resourceId: resource.id, dimension, hourMs: hour };
        const inDays = await drillDown.days(caller, place, days);
        const inHours = await drillDown.hours(caller, place, hour);
        expect([inDays.total, inHours.total]).toEqual([resource.quantity, resource.quantity]);
        let [units, after] = [0n, undefined as string | undefined];
        do {
          const page = await drillDown.hourFacts(caller, place, { limit: 2, after });
          expect(page.total).toBe(resource.quantity);
          if (dimension === 'mq_kib_out') for (const item of page.items) expect(item).toMatchObject({ kind: 'delivery', holder: 'c', id: expect.stringMatching(/^msg_/) });
          units += page.items.reduce((sum, item) => sum + item.units, 0n);
          after = page.next ?? undefined;
        } while (after !== undefined);
        expect(units).toBe(resource.quantity);
      }
    }
    const page = await drillDown.resources(caller, namespaceId, { dimension: 'mq_queue_passes', days, limit: 1 });
    expect(page).toMatchObject({ total: 10n, items: [{ id: 'q_full' }], next: 'q_full' });
    expect(await drillDown.resources(caller, namespaceId, { dimension: 'mq_queue_passes', days, limit: 1, after: 'q_full' })).toMatchObject({ total: 10n, items: [{ id: 'q_one' }], next: null });
    const other = (await newHome(fresh.database)).caller;
    expect(await drillDown.namespaces(other, { dimension: 'mq_messages', days, limit: 10 })).toEqual({ total: 0n, items: [], next: null });
    expect(await drillDown.hourFacts(other, { namespaceId, resourceId: 'x_in', dimension: 'mq_messages', hourMs: hour }, { limit: 10 })).toMatchObject({ total: 0n, items: [] });
  });

  inOneHour('ends at the hour with its digest where the namespace kept no log, and says so', async () => {
    await redis.hset(keys.topology(home.namespaceId), 'log', 'off');
    await work();
    await drainUsage();
    await seal();
    expect(await reconcile()).toMatchObject({ state: 'sealed', counted: 'log_off', differences: [] });
    await new EvidenceKeeper(evidence, facts, () => hour + 26 * hourMs, silentLogger).keep();
    const page = await drillDown.hourFacts(home.caller, { namespaceId: home.namespaceId, resourceId: 'x_in', dimension: 'mq_messages', hourMs: hour }, { limit: 10 });
    expect(page).toMatchObject({ total: 5n, items: [], endsAtHour: 'log_off', evidence: { kept: 'records', messages: 7n, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } });
    const out = await drillDown.hourFacts(home.caller, { namespaceId: home.namespaceId, resourceId: 'q_one', dimension: 'mq_kib_out', hourMs: hour }, { limit: 10 });
    expect(out).toMatchObject({ total: 2n, items: [], endsAtHour: 'log_off', evidence: { kept: 'records' } });
    expect(out.evidence?.units.has('mq_kib_out')).toBe(false);
  });
});
