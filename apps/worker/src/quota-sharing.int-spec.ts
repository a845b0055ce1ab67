import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { shareQuota } from '@waybill/billing';
import { keys, MessageStore, openRedis, Publisher, queueSettings, snapshotField, SnapshotStore, TopologyCache, whenReady } from '@waybill/broker';
import type { QueueDefinition, Redis } from '@waybill/broker';
import type { NamespaceId } from '@waybill/kernel';
import { newId, silentLogger } from '@waybill/kernel';
import { LedgerStore, PublishGate, TermsCopyStore, TermsPublisher, TermsStore, UsageCounterStore, UsageDrain } from '@waybill/metering';
import type { FreshDatabase, Home } from '@waybill/testing';
import { freshDatabase, newHome, testServer } from '@waybill/testing';

const queue: QueueDefinition = { id: 'q_one', name: 'one', kind: 'standard', leaseMs: 30_000, deliveryLimit: null };

/** Publishes through the broker's scripts, limits through the terms. */
describe('namespaces that publish', () => {
  let fresh: FreshDatabase;
  let redis: Redis;
  let home: Home;
  let publisher: Publisher;
  const namespaces: NamespaceId[] = [];

  beforeAll(async () => {
    fresh = await freshDatabase();
    redis = openRedis(testServer('WAYBILL_TEST_REDIS_URL'), 'commands');
    await whenReady(redis);
    publisher = new Publisher(new TopologyCache(new SnapshotStore(redis)), new MessageStore(redis));
    home = await newHome(fresh.database);
    namespaces.push(home.namespaceId, newId('namespace'), newId('namespace'));
    for (const id of namespaces) {
      if (id !== home.namespaceId) await fresh.database.asSystem((tx) => tx.namespace.create({ data: { id, tenantId: home.caller.tenantId, name: id.slice(3), environment: 'test' } }));
      const topology = keys.topology(id);
      await redis.hset(topology, snapshotField({ put: 'queue', queue }), JSON.stringify(queue), 'version', '1');
      await redis.hset(keys.queue(id, queue.id), ...queueSettings(queue));
    }
  });
  afterAll(async () => {
    for (const id of namespaces) {
      const found = await redis.keys(`{${id}}*`);
      if (found.length > 0) await redis.unlink(...found);
    }
    redis?.disconnect();
    await fresh?.drop();
  });

  const publish = (id: NamespaceId, bytes = 10) =>
    publisher.publish(id, { queue: 'one' }, [{ properties: { key: '', contentType: 'text/plain', priority: 0, headers: {} }, body: Buffer.alloc(bytes) }]).then(
      () => true,
      (error: { code?: string }) => (error.code === 'quota_exceeded' ? false : Promise.reject(error)),
    );

  it('use all of a quota together and not one message more, while it is shared again and again', async () => {
    const gate = new PublishGate(new TermsPublisher(new TermsStore(fresh.database), new TermsCopyStore(redis, keys), silentLogger));
    const noted = async (id: NamespaceId) => {
      const row = await fresh.database.asSystem((tx) => tx.publishTerms.findUnique({ where: { tenantId_namespaceId: { tenantId: home.caller.tenantId, namespaceId: id } }, select: { gate: true } }));
      const limits = (row?.gate as { limits?: Record<string, string> } | null)?.limits;
      return limits === undefined ? null : { mq_messages: BigInt(limits['mq_messages']!) };
    };
    let turn = 0;
    const look = async () => shareQuota(gate, { mq_messages: 300n }, await Promise.all(namespaces.map(async (id) => ({ id, noted: await noted(id), ledger: {}, closed: false, asking: false }))), (turn += 1));
    await look();
    let [accepted, publishing] = [0, true];
    // The first publishes most, the last next to nothing; two of each at once.
    const lanes = namespaces.flatMap((id, i) => [0, 1].map(async () => {
      for (let n = 0; publishing && n < 1_000 / 10 ** i; n += 1) if (await publish(id)) accepted += 1;
    }));
    const looks = (async () => {
      while (publishing) await look();
    })();
    await Promise.all(lanes);
    publishing = false;
    await looks;
    // Whoever goes on alone gets what is left.
    for (let i = 0; i < 20; i += 1) {
      while (await publish(namespaces[2]!)) accepted += 1;
      await look();
    }
    expect(accepted).toBe(300);
    const used = await Promise.all(namespaces.map(async (id) => (await gate.quota(id)).used.mq_messages ?? 0n));
    expect(used.reduce((a, b) => a + b, 0n)).toBe(300n);
    for (const id of namespaces) await gate.set(id, { kind: 'open' });
  });

  it('have in the ledger a unit for each 64 KiB of each message', async () => {
    const drain = new UsageDrain(new UsageCounterStore(redis, keys), new LedgerStore(fresh.database), silentLogger);
    const units = async () => Number((await fresh.query(`SELECT coalesce(sum(quantity), 0)::int AS n FROM usage_records WHERE namespace_id = '${namespaces[1]}' AND dimension = 'mq_message_units'`))[0]!['n']);
    await drain.drain(namespaces[1]!);
    const before = await units();
    for (const kib of [1, 60, 65, 130, 400]) await publish(namespaces[1]!, kib * 1_024);
    await drain.drain(namespaces[1]!);
    expect((await units()) - before).toBe(1 + 1 + 2 + 3 + 7);
  });
});
