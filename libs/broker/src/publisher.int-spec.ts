import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { testServer } from '@waybill/testing';
import { keys } from './redis/keys.js';
import { openRedis, whenReady } from './redis/connection.store.js';
import { MessageStore } from './redis/message.store.js';
import { SnapshotStore } from './redis/snapshot.store.js';
import { messageIdOf } from './position.js';
import { PublishLane } from './publish-lane.js';
import { encodeRecord } from './record.js';
import { plain, TestNamespace } from './testing/namespace.js';
import { NamespaceTopology } from './topology-cache.js';

let space: TestNamespace;
beforeEach(async () => {
  space = await TestNamespace.open();
});
afterEach(() => space.close());

const message = (body: string, key = '') => ({ properties: plain(key), body: Buffer.from(body) });

describe('publishing', () => {
  it('stores a copy in every queue reached and counts every unit in the same step', async () => {
    const a = await space.queue('a');
    const b = await space.queue('b');
    await space.change(
      { put: 'exchange', exchange: { id: 'x_in', name: 'in', kind: 'fanout' } },
      { put: 'binding', binding: { id: 'b1', source: 'in', destination: { queue: 'a' }, pattern: '', headers: {}, match: 'all' } },
      { put: 'binding', binding: { id: 'b2', source: 'in', destination: { queue: 'b' }, pattern: '', headers: {}, match: 'all' } },
    );
    const [published] = await space.publisher().publish(space.ns, { exchange: 'in' }, [message('x'.repeat(1500))]);
    expect(published).toMatchObject({ kib: 2 });
    expect((await space.queues.figures(a)).ready).toBe(1);
    expect((await space.queues.figures(b)).ready).toBe(1);
    expect(await space.usage()).toEqual({
      'mq_messages publish x_in': 1, 'mq_kib_in publish x_in': 2, 'mq_exchange_passes publish x_in': 1,
      [`mq_queue_passes publish ${a.id}`]: 1, [`mq_queue_passes publish ${b.id}`]: 1,
    });
  });

  it('accepts a message that matches no queue, says so and counts it', async () => {
    await space.change({ put: 'exchange', exchange: { id: 'x_in', name: 'in', kind: 'topic' } });
    const [published] = await space.publisher().publish(space.ns, { exchange: 'in' }, [message('lost', 'k')]);
    expect(published?.route.queues).toEqual([]);
    expect(await space.usage()).toMatchObject({ 'mq_messages publish x_in': 1, 'mq_unroutable publish x_in': 1 });
  });

  it('never meters the built-in exchange', async () => {
    const queue = await space.queue('a');
    await space.publisher().publish(space.ns, { exchange: 'default' }, [message('x', 'a')]);
    expect(await space.usage()).toEqual({ [`mq_messages publish ${queue.id}`]: 1, [`mq_kib_in publish ${queue.id}`]: 1, [`mq_queue_passes publish ${queue.id}`]: 1 });
  });

  it('uses a binding made a moment ago, though the gateway compiled the topology before', async () => {
    const publisher = space.publisher();
    await space.queue('a');
    await space.change({ put: 'exchange', exchange: { id: 'x_in', name: 'in', kind: 'fanout' } });
    expect((await publisher.publish(space.ns, { exchange: 'in' }, [message('1')]))[0]?.route.queues).toHaveLength(0);
    await space.change({ put: 'binding', binding: { id: 'b1', source: 'in', destination: { queue: 'a' }, pattern: '', headers: {}, match: 'all' } });
    expect((await publisher.publish(space.ns, { exchange: 'in' }, [message('2')]))[0]?.route.queues).toHaveLength(1);
  });

  it('finds an exchange made a moment ago, and refuses one that does not exist without storing anything', async () => {
    const publisher = space.publisher();
    await space.queue('a');
    await publisher.publish(space.ns, { queue: 'a' }, [message('1')]);
    await space.change({ put: 'exchange', exchange: { id: 'x_new', name: 'new', kind: 'fanout' } });
    await publisher.publish(space.ns, { exchange: 'new' }, [message('2')]);
    const before = await space.redis.get(keys.position(space.ns));
    await expect(publisher.publish(space.ns, { exchange: 'none' }, [message('3')])).rejects.toMatchObject({ code: 'exchange_not_found' });
    await expect(publisher.publish(space.ns, { queue: 'none' }, [message('3')])).rejects.toMatchObject({ code: 'queue_not_found' });
    expect(await space.redis.get(keys.position(space.ns))).toBe(before);
  });

  it('stores a batch in order and the batches of one publisher one after the other', async () => {
    const queue = await space.queue('a');
    const publisher = space.publisher();
    const bodies = Array.from({ length: 60 }, (_, i) => `m${i}`);
    await publisher.publish(space.ns, { queue: 'a' }, bodies.slice(0, 40).map((body) => message(body)));
    await publisher.publish(space.ns, { queue: 'a' }, bodies.slice(40).map((body) => message(body)));
    const claim = await space.queues.claim(queue, { max: 100, holder: 'h' });
    expect(claim.kind === 'claimed' && claim.deliveries.map(({ body }) => body.toString())).toEqual(bodies);
  });

  it('goes on after the server lost its scripts', async () => {
    await space.queue('a');
    const publisher = space.publisher();
    await publisher.publish(space.ns, { queue: 'a' }, [message('1')]);
    await space.redis.script('FLUSH');
    await expect(publisher.publish(space.ns, { queue: 'a' }, [message('2')])).resolves.toHaveLength(1);
  });

  it('never gives out a position below the last one, even if the clock went back', async () => {
    await space.queue('a');
    const future = (Date.now() + 3_600_000 - Date.UTC(2026, 0, 1)) * 4096;
    await space.redis.set(keys.position(space.ns), String(future));
    const [published] = await space.publisher().publish(space.ns, { queue: 'a' }, [message('1')]);
    expect(published?.id).toBe(messageIdOf(future + 1));
  });
});

describe('the publish lane', () => {
  const unit = (bodies: number) => {
    const records = Array.from({ length: bodies }, () => encodeRecord(plain(), Buffer.from('x')));
    return {
      records, bytes: records.reduce((sum, { bytes }) => sum + bytes.length, 0), atomic: true, publishedBy: 'key_1',
      route: (table: NamespaceTopology['table']) => table.routeToQueue('a')!, extra: () => undefined,
    };
  };

  it('gathers publishes that arrive while a call is under way into one', async () => {
    await space.queue('a');
    const store = new MessageStore(space.redis);
    const sizes: number[] = [];
    const counting = Object.assign(Object.create(store) as MessageStore, {
      publish: (...args: Parameters<MessageStore['publish']>) => {
        sizes.push(args[1].records.length);
        return store.publish(...args);
      },
    });
    const lane = new PublishLane(space.ns, new NamespaceTopology(space.ns, new SnapshotStore(space.redis)), counting);
    const first = lane.publish(unit(1));
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    await Promise.all([first, ...Array.from({ length: 50 }, () => lane.publish(unit(1)))]);
    expect(sizes).toEqual([1, 50]);
  });

  it('keeps the order of many calls on their way, before the topology is known and while it changes', async () => {
    await space.queue('a');
    const publisher = space.publisher();
    const sent: Promise<{ id: string }[]>[] = [];
    for (let round = 0; round < 20; round += 1) {
      for (let call = 0; call < 5; call += 1) sent.push(publisher.publish(space.ns, { queue: 'a' }, Array.from({ length: 100 }, () => message('x'))));
      if (round % 3 === 0) await space.change({ put: 'exchange', exchange: { id: `x_${round}`, name: `x${round}`, kind: 'fanout' } });
    }
    const ids = (await Promise.all(sent)).flat().map(({ id }) => id);
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(10_000);
  });

  it('refuses before it gathers more than its bounds', async () => {
    await space.queue('a');
    const lane = new PublishLane(space.ns, new NamespaceTopology(space.ns, new SnapshotStore(space.redis)), new MessageStore(space.redis), {
      callRecords: 10, callBytes: 10_000, waitingRecords: 5, waitingBytes: 10_000,
    });
    const accepted = lane.publish(unit(4));
    await expect(lane.publish(unit(2))).rejects.toMatchObject({ code: 'gateway_overloaded' });
    await expect(accepted).resolves.toHaveLength(4);
  });
});

describe('a store that cannot be reached', () => {
  it('answers store_unavailable when the call was never sent', async () => {
    await space.queue('a');
    const redis = openRedis(testServer('WAYBILL_TEST_REDIS_URL'), 'commands');
    await whenReady(redis);
    const store = new MessageStore(redis);
    redis.disconnect();
    const record = { ...encodeRecord(plain(), Buffer.from('x')), route: { exchanges: [], queues: [], meteredOn: '', delayMs: 0 }, extra: undefined };
    const units = [{ first: 0, count: 1, atomic: true, publishedBy: 'key_1' }];
    await expect(store.publish(space.ns, { topologyVersion: '1', cause: 'publish', records: [record], units })).rejects.toMatchObject({ code: 'store_unavailable' });
  });
});
