import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { keys, MessageLogStore, MessageStore, openRedis, Publisher, QueueStore, queueSettings, snapshotField, SnapshotStore, TopologyCache, whenReady } from '@waybill/broker';
import type { Claim, OutgoingMessage, QueueDefinition, QueueRef, Redis, TopologyChange } from '@waybill/broker';
import type { NamespaceId } from '@waybill/kernel';
import { silentLogger } from '@waybill/kernel';
import type { FreshDatabase, Home } from '@waybill/testing';
import { freshDatabase, newHome, testServer } from '@waybill/testing';
import type { LogEvent } from './log-event.js';
import type { LiveLog } from './log-tail.js';
import { MessageLogDrain } from './message-log-drain.js';
import { MessageLogReader } from './message-log-reader.js';
import { SegmentSearchStore } from './segment-search.store.js';
import { SegmentStore } from './segment.store.js';

type Claimed = Extract<Claim, { kind: 'claimed' }>;

const x = { id: 'x_orders', name: 'orders', kind: 'topic' } as const;
const audit = { id: 'x_audit', name: 'audit', kind: 'fanout' } as const;
const message = (key: string, body = 'hello'): OutgoingMessage => ({ properties: { key, contentType: 'text/plain', priority: 0, headers: {} }, body: Buffer.from(body) });
const receiptOf = ({ deliveries }: Claimed) => deliveries[0]!.receipt;
const told = (events: readonly LogEvent[]) => events.map(({ event, queueId, deliveries }) => [event, queueId, deliveries].filter((part) => part !== null).join(' '));

/** Everything here is written by the broker's own scripts on a real Redis. */
describe('the message log', () => {
  let fresh: FreshDatabase;
  let redis: Redis;
  let home: Home;
  let ns: NamespaceId;
  let log: MessageLogStore;
  let queues: QueueStore;
  let publisher: Publisher;
  let version = 0;

  beforeAll(async () => {
    fresh = await freshDatabase();
    redis = openRedis(testServer('WAYBILL_TEST_REDIS_URL'), 'commands');
    await whenReady(redis);
    log = new MessageLogStore(redis);
    queues = new QueueStore(redis);
  });
  afterAll(async () => {
    redis?.disconnect();
    await fresh?.drop();
  });
  beforeEach(async () => {
    home = await newHome(fresh.database);
    ns = home.namespaceId;
    version = 0;
    publisher = new Publisher(new TopologyCache(new SnapshotStore(redis)), new MessageStore(redis));
  });
  afterEach(async () => {
    for (let cursor = '0'; ; ) {
      const [next, found] = await redis.scan(cursor, 'MATCH', `{${ns}}*`, 'COUNT', 1_000);
      if (found.length > 0) await redis.unlink(...found);
      if ((cursor = next) === '0') break;
    }
  });

  async function change(...changes: TopologyChange[]): Promise<void> {
    version += 1;
    for (const each of changes) {
      const definition = 'put' in each ? (each.put === 'exchange' ? each.exchange : each.put === 'queue' ? each.queue : each.binding) : undefined;
      await redis.hset(keys.topology(ns), snapshotField(each), JSON.stringify(definition));
    }
    await redis.hset(keys.topology(ns), 'version', version);
    await redis.xadd(keys.topologyChanges(ns), `${version}-0`, 'ops', JSON.stringify(changes));
  }
  async function queue(name: string, settings: Partial<Omit<QueueDefinition, 'id' | 'name'>> = {}): Promise<QueueRef> {
    const definition: QueueDefinition = { kind: 'standard', leaseMs: 30_000, deliveryLimit: null, ...settings, id: `q_${name}_${randomBytes(4).toString('hex')}`, name };
    await redis.hset(keys.queue(ns, definition.id), ...queueSettings(definition));
    await change({ put: 'queue', queue: definition });
    return { ns, id: definition.id, name };
  }
  /** Topic exchange `orders` with `order.#` to the queue; what it takes also passes the fanout `audit`. */
  async function orders(to: QueueRef, further?: QueueRef): Promise<void> {
    const binding = { headers: {}, match: 'all' as const, pattern: '' };
    await change(
      { put: 'exchange', exchange: x }, { put: 'exchange', exchange: audit },
      { put: 'binding', binding: { ...binding, id: 'b_1', source: 'orders', destination: { queue: to.name }, pattern: 'order.#' } },
      { put: 'binding', binding: { ...binding, id: 'b_2', source: 'orders', destination: { exchange: 'audit' }, pattern: '#' } },
      ...(further ? [{ put: 'binding' as const, binding: { ...binding, id: 'b_3', source: 'audit', destination: { queue: further.name } } }] : []),
    );
  }
  const claim = async (from: QueueRef, more: { max?: number; leaseMs?: number } = {}) => (await queues.claim(from, { max: 1, holder: 'billing', ...more })) as Claimed;
  const live = (): LiveLog => ({
    read: (of, after, count) => log.read(of, after, count),
    trim: (of, through) => log.trim(of, through),
    nowMs: async () => Number((await redis.time())[0]) * 1_000,
    isOff: async (of) => (await redis.hget(keys.topology(of), 'log')) === 'off',
  });
  const reader = (from = live()) => new MessageLogReader(new SegmentSearchStore(fresh.database), from, silentLogger);
  const drain = () => new MessageLogDrain(log, new SegmentStore(fresh.database), silentLogger).drain(ns);
  const owner = () => ({ tenantId: home.caller.tenantId, namespaceId: ns });
  const timeline = (id: string) => reader().timeline(owner(), id);
  /** The answer before the drain, between two drains of it, and after: always the same. */
  async function alwaysTells(id: string, expected: readonly string[]): Promise<void> {
    expect(told((await timeline(id)).events)).toEqual(expected);
    await drain();
    expect(await redis.xlen(keys.log(ns))).toBe(0);
    expect(await log.waitingBytes(ns)).toBe(0);
    expect(told((await timeline(id)).events)).toEqual(expected);
  }

  it('tells the life of a message, at once and after it was stored', async () => {
    const [a, b] = [await queue('a'), await queue('b')];
    await orders(a, b);
    const [published] = await publisher.publish(ns, { exchange: 'orders' }, [message('order.paid')], { publishedBy: 'key1' });
    const id = published!.id;
    const first = await claim(a);
    await queues.settle(a, [{ action: 'extend', receipt: receiptOf(first), leaseMs: 60_000 }]);
    await drain();
    await queues.settle(a, [{ action: 'release', receipt: receiptOf(first), delayMs: 0 }]);
    const second = await claim(a);
    await queues.settle(a, [{ action: 'accept', receipt: receiptOf(second) }]);
    const other = await claim(b);
    await queues.settle(b, [{ action: 'reject', receipt: receiptOf(other), reason: 'card declined: 51' }]);

    const { events, completeUntilMs } = await timeline(id);
    expect(events[0]).toMatchObject({ event: 'published', exchangeId: 'x_orders', key: 'order.paid', holder: 'key1', queueId: null });
    expect(events[1]).toMatchObject({ event: 'routed', exchangeId: 'x_audit', queueId: null });
    expect(events.at(-1)).toMatchObject({ event: 'dead', reason: 'card declined: 51', queueId: b.id });
    expect(events.find(({ event }) => event === 'leased')).toMatchObject({ holder: 'billing', deliveries: 1 });
    expect(events.find(({ event }) => event === 'extended')).toMatchObject({ reason: 'for 60 s' });
    expect(completeUntilMs).toBeGreaterThanOrEqual(Math.floor(events.at(-1)!.atMs / 1_000) * 1_000);
    await alwaysTells(id, [
      'published', 'routed', ...(events.filter(({ event, queueId }) => event === 'routed' && queueId).map(({ queueId }) => `routed ${queueId}`)),
      `leased ${a.id} 1`, `extended ${a.id} 1`, `released ${a.id} 1`, `leased ${a.id} 2`, `accepted ${a.id} 2`, `leased ${b.id} 1`, `dead ${b.id} 1`,
    ]);
  });

  it('follows a message under its own id when it is moved', async () => {
    const [a, b] = [await queue('a'), await queue('b')];
    const id = (await publisher.publish(ns, { queue: 'a' }, [message('k')]))[0]!.id;
    const taken = await claim(a);
    await queues.settle(a, [{ action: 'accept', receipt: receiptOf(taken) }]);
    await drain();
    const moved: OutgoingMessage = { ...message('k'), properties: { ...message('k').properties, id } };
    const [again] = await publisher.publish(ns, { queue: 'b' }, [moved]);
    expect(again!.id).toBe(id);
    await drain();
    const there = await claim(b);
    expect(there.deliveries[0]!.id).toBe(id);
    await queues.settle(b, [{ action: 'accept', receipt: receiptOf(there) }]);
    await alwaysTells(id, ['published', `routed ${a.id}`, `leased ${a.id} 1`, `accepted ${a.id} 1`, 'moved', `routed ${b.id}`, `leased ${b.id} 1`, `accepted ${b.id} 1`]);
    const page = await reader().search(owner(), { limit: 50 });
    expect(new Set(page.events.map(({ messageId }) => messageId))).toEqual(new Set([id]));
  });

  it('shows leases that ran out, purges of single messages and of whole queues', async () => {
    const [a, b] = [await queue('a'), await queue('b')];
    const [gone, kept] = await publisher.publish(ns, { queue: 'a' }, [message('1'), message('2')]);
    await claim(a, { max: 2, leaseMs: 1 });
    const again = await claim(a);
    expect(again.deliveries[0]!.id).toBe(gone!.id);
    await queues.purgeReady(a);
    await alwaysTells(kept!.id, ['published', `routed ${a.id}`, `leased ${a.id} 1`, `returned ${a.id} 1`, `purged ${a.id}`]);
    await alwaysTells(gone!.id, ['published', `routed ${a.id}`, `leased ${a.id} 1`, `returned ${a.id} 1`, `leased ${a.id} 2`]);

    const settled = (await publisher.publish(ns, { queue: 'b' }, [message('1')]))[0]!;
    await queues.settle(b, [{ action: 'accept', receipt: receiptOf(await claim(b)) }]);
    const swept = (await publisher.publish(ns, { queue: 'b' }, [message('1')]))[0]!;
    await queues.purgeReady(b);
    const later = (await publisher.publish(ns, { queue: 'b' }, [message('1')]))[0]!;
    await alwaysTells(swept.id, ['published', `routed ${b.id}`, `purged ${b.id}`]);
    await alwaysTells(settled.id, ['published', `routed ${b.id}`, `leased ${b.id} 1`, `accepted ${b.id} 1`]);
    await alwaysTells(later.id, ['published', `routed ${b.id}`]);
  });

  it('shows what a queue did not take', async () => {
    const [small, strict] = [await queue('small', { maxMessages: 1 }), await queue('strict', { dedup: { windowMs: 60_000, by: 'id' } })];
    await orders(small, strict);
    const paid = { ...message('order.paid'), properties: { ...message('order.paid').properties, dedupId: 'd1' } };
    const [first] = await publisher.publish(ns, { exchange: 'orders' }, [paid]);
    const [second] = await publisher.publish(ns, { exchange: 'orders' }, [message('order.paid')], { mode: 'each' });
    await publisher.publish(ns, { queue: 'strict' }, [paid]);
    await expect(publisher.publish(ns, { queue: 'small' }, [message('lost')])).rejects.toMatchObject({ code: 'queue_full' });
    const { events } = await timeline(first!.id);
    expect(told(events).filter((line) => line.startsWith('duplicate'))).toEqual([`duplicate ${strict.id}`]);
    await alwaysTells(second!.id, ['published', 'routed', `routed ${strict.id}`, `refused ${small.id}`]);
    expect((await reader().search(owner(), { event: 'refused', limit: 10 })).events).toMatchObject([{ messageId: second!.id, reason: 'maxMessages' }]);
    expect((await reader().search(owner(), { key: 'lost', limit: 10 })).events).toEqual([]);
  });

  it('finds events by queue, key, kind and time, page by page, the same before and after they are stored', async () => {
    const [a, b] = [await queue('a'), await queue('b')];
    await orders(a, b);
    for (let i = 0; i < 12; i += 1) {
      await publisher.publish(ns, { exchange: 'orders' }, [message(`order.paid.${i % 3}`), message('ping')]);
      if (i === 5) await drain();
    }
    const { deliveries } = await claim(b, { max: 7 });
    const all = async (query: Omit<Parameters<MessageLogReader['search']>[1], 'limit'>, limit: number) => {
      const found: string[] = [];
      let after: string | undefined;
      do {
        const page = await reader().search(owner(), { ...query, limit, after });
        expect(page.events.length).toBeLessThanOrEqual(limit);
        found.push(...page.events.map(({ place, event, messageId }) => `${place.number}.${place.part} ${event} ${messageId}`));
        after = page.next ?? undefined;
      } while (after !== undefined);
      return found;
    };
    const look = async () => ({
      everything: await all({}, 5), inOne: await all({}, 500), queue: await all({ queueId: a.id }, 3), leased: await all({ event: 'leased' }, 4),
      exact: await all({ key: 'order.paid.1' }, 2), prefix: await all({ key: 'order.paid*', event: 'published' }, 5), none: await all({ key: 'order.paid.1', event: 'leased' }, 5),
    });
    const before = await look();
    expect(before.everything).toEqual(before.inOne);
    expect(before.everything).toHaveLength(24 + 24 + 24 + 12 + 7);
    expect(before.queue.filter((line) => line.includes('routed'))).toHaveLength(12);
    expect(before.leased).toHaveLength(7);
    expect(before.leased[0]).toContain(deliveries.at(-1)!.id);
    expect(before.exact.filter((line) => line.includes('published'))).toHaveLength(4);
    expect(before.prefix).toHaveLength(12);
    expect(before.none).toEqual([]);
    await drain();
    expect(await look()).toEqual(before);

    const times = (await reader().search(owner(), { limit: 500 })).events.map(({ atMs }) => atMs);
    const middle = times[Math.floor(times.length / 2)]!;
    expect((await reader().search(owner(), { limit: 500, fromMs: middle })).events.map(({ atMs }) => atMs)).toEqual(times.filter((at) => at >= middle));
    expect((await reader().search(owner(), { limit: 500, toMs: middle })).events.map(({ atMs }) => atMs)).toEqual(times.filter((at) => at <= middle));
    expect(await all({ fromMs: times[0]! + 1 }, 5)).toEqual([]);
    await expect(reader().search(owner(), { limit: 5, after: 'x' })).rejects.toMatchObject({ code: 'page_token_invalid' });
  });

  it('adds up to what was metered, hour by hour', async () => {
    const [a, b] = [await queue('a', { maxMessages: 3 }), await queue('b')];
    await orders(a, b);
    for (let i = 0; i < 5; i += 1) await publisher.publish(ns, { exchange: 'orders' }, [message('order.paid', 'x'.repeat(i * 700)), message('ping')], { mode: 'each' });
    await publisher.publish(ns, { exchange: 'audit' }, [message('k')]);
    await change({ put: 'exchange', exchange: { id: 'x_empty', name: 'empty', kind: 'direct' } });
    await publisher.publish(ns, { exchange: 'empty' }, [message('nowhere')]);
    await claim(b, { max: 4 });
    await drain();
    const { events, metered } = await reader().count(owner(), { fromMs: 0, toMs: Date.now() + 60_000 });
    const usage = new Map<string, number>();
    for (const [field, quantity] of Object.entries(await redis.hgetall(keys.openUsage(ns)))) {
      const counter = field.slice(field.indexOf('|') + 1);
      if (!counter.startsWith('mq_kib_out')) usage.set(counter, (usage.get(counter) ?? 0) + Number(quantity));
    }
    expect(metered).toEqual(usage);
    expect(events).toMatchObject({ published: 12, refused: 2, leased: 4 });
    expect(await reader().count(owner(), { fromMs: 0, toMs: 1_000 })).toEqual({ events: {}, metered: new Map() });
  });

  it('knows nothing of other tenants, of other namespaces and of what never was', async () => {
    await queue('a');
    const id = (await publisher.publish(ns, { queue: 'a' }, [message('k')]))[0]!.id;
    await drain();
    const other = await newHome(fresh.database);
    for (const stranger of [{ tenantId: other.caller.tenantId, namespaceId: ns }, { tenantId: other.caller.tenantId, namespaceId: other.namespaceId }]) {
      await expect(reader().timeline(stranger, id)).rejects.toMatchObject({ code: 'message_not_found' });
      expect((await reader().search(stranger, { limit: 10 })).events).toEqual([]);
    }
    for (const never of ['msg_00000000000', 'msg_', id.slice(0, -1), `${id}x`]) await expect(timeline(never)).rejects.toMatchObject({ code: 'message_not_found' });
  });

  it('says that it is off when it has nothing to show for it, and still shows what it has', async () => {
    await queue('a');
    await redis.hset(keys.topology(ns), 'log', 'off');
    const silent = (await publisher.publish(ns, { queue: 'a' }, [message('k')]))[0]!.id;
    await expect(timeline(silent)).rejects.toMatchObject({ code: 'message_log_off' });
    await expect(reader().search(owner(), { limit: 10 })).rejects.toMatchObject({ code: 'message_log_off' });
    await redis.hdel(keys.topology(ns), 'log');
    expect(await reader().search(owner(), { limit: 10 })).toEqual({ events: [], next: null, completeUntilMs: null });
    const logged = (await publisher.publish(ns, { queue: 'a' }, [message('k')]))[0]!.id;
    await redis.hset(keys.topology(ns), 'log', 'off');
    expect((await timeline(logged)).events).toHaveLength(2);
  });

  it('misses nothing that is drained while it reads', async () => {
    await queue('a');
    const id = (await publisher.publish(ns, { queue: 'a' }, [message('k')]))[0]!.id;
    const from = live();
    const draining: LiveLog = {
      ...from,
      read: async (of, after, count) => {
        const entries = await from.read(of, after, count);
        await drain();
        return entries;
      },
    };
    expect(told((await reader(draining).timeline(owner(), id)).events)).toHaveLength(2);
    const late = (await publisher.publish(ns, { queue: 'a' }, [message('k')]))[0]!.id;
    expect((await reader(draining).search(owner(), { limit: 10 })).events.map(({ messageId }) => messageId)).toEqual([late, late, id, id]);
  });
});
