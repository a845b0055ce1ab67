import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, testServer } from '@waybill/testing';
import { Consumer } from './consumer.js';
import type { Delivery } from './message.js';
import { LeaseReclaimer } from './lease-reclaimer.js';
import { openRedis, whenReady } from './redis/connection.store.js';
import type { Redis } from './redis/connection.store.js';
import { SnapshotStore } from './redis/snapshot.store.js';
import { WakeListener } from './redis/wake.store.js';
import { plain, TestNamespace } from './testing/namespace.js';
import { TopologyCache } from './topology-cache.js';

let space: TestNamespace;
let subscriber: Redis;
let consumer: Consumer;

beforeEach(async () => {
  space = await TestNamespace.open();
  subscriber = openRedis(testServer('WAYBILL_TEST_REDIS_URL'), 'subscriber');
  await whenReady(subscriber);
  consumer = new Consumer(new TopologyCache(new SnapshotStore(space.redis)), space.queues, new WakeListener(subscriber, (_ns, ids) => consumer.wake(ids)));
});
afterEach(async () => {
  consumer.release();
  subscriber.disconnect();
  await space.close();
});

const publish = (...bodies: string[]) => space.publisher().publish(space.ns, { queue: 'q' }, bodies.map((body) => ({ properties: plain(), body: Buffer.from(body) })));
const receive = (waitMs: number, more: { max?: number; leaseMs?: number; signal?: AbortSignal } = {}) =>
  consumer.on(space.ns, 'q', (queue) => consumer.receive(queue, { max: 1, holder: 'h', waitMs, ...more }));
const bodies = ({ deliveries }: Awaited<ReturnType<typeof receive>>) => deliveries.map(({ body }) => body.toString());
/** Until the consumer's place in the line is taken: its channel is subscribed. */
const waiting = () => eventually(async () => expect(await space.redis.pubsub('SHARDNUMSUB', `{${space.ns}}:wake`)).toEqual([`{${space.ns}}:wake`, 1]));

describe('a consumer that waits', () => {
  it('gets a message as soon as it is published', async () => {
    await space.queue('q');
    const received = receive(60_000);
    await waiting();
    await publish('hello');
    expect(bodies(await received)).toEqual(['hello']);
  });

  it('gets nothing when the time is over', async () => {
    await space.queue('q');
    expect((await receive(20)).deliveries).toEqual([]);
  });

  it('gets a message whose lease ran out elsewhere, without a publish', async () => {
    await space.queue('q');
    await publish('again');
    await receive(0, { leaseMs: 30 });
    const second = await receive(60_000);
    expect(second.deliveries.map(({ deliveries }) => deliveries)).toEqual([2]);
  });

  it('has what it is done with accepted before it stands in line', async () => {
    await space.queue('q');
    await publish('done');
    const [{ receipt }] = (await receive(0)).deliveries as [Delivery];
    const received = consumer.on(space.ns, 'q', (queue) => consumer.receive(queue, { max: 1, holder: 'h', waitMs: 60_000, accept: [receipt] }));
    await eventually(async () => expect(await consumer.on(space.ns, 'q', (queue) => space.queues.figures(queue))).toMatchObject({ leased: 0, removedTotal: 1 }));
    await waiting();
    await publish('next');
    expect(await received).toMatchObject({ outcomes: ['accepted'], deliveries: [{ deliveries: 1 }] });
  });

  it('that hung up during the claim hands back what it was given', async () => {
    await space.queue('q');
    await publish('done', 'next');
    const [{ receipt }] = (await receive(0)).deliveries as [Delivery];
    const leaving = new AbortController();
    const received = consumer.on(space.ns, 'q', (queue) => {
      const answer = consumer.receive(queue, { max: 1, holder: 'h', waitMs: 60_000, signal: leaving.signal, accept: [receipt] });
      leaving.abort();
      return answer;
    });
    expect((await received).outcomes).toEqual(['accepted']);
    expect(await consumer.on(space.ns, 'q', (queue) => space.queues.figures(queue))).toMatchObject({ ready: 1, leased: 0 });
  });

  it('is served in turn: many messages wake many consumers, one each', async () => {
    await space.queue('q');
    const all = Array.from({ length: 8 }, () => receive(60_000));
    await waiting();
    await publish('0', '1', '2', '3', '4', '5', '6', '7');
    expect((await Promise.all(all)).flatMap(bodies).sort()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
  });

  it('takes no message after it hung up', async () => {
    const queue = await space.queue('q');
    const gone = new AbortController();
    const received = receive(60_000, { signal: gone.signal });
    await waiting();
    gone.abort();
    await received;
    await publish('kept');
    expect(await space.queues.figures(queue)).toMatchObject({ ready: 1, leased: 0 });
  });

  it('is woken by the reclaimer', async () => {
    await space.queue('q');
    await publish('a');
    await receive(0, { leaseMs: 1 });
    const received = receive(60_000);
    await eventually(async () => {
      await new LeaseReclaimer(space.queues).reclaimNamespace(space.ns);
      expect(await Promise.race([received, null])).not.toBeNull();
    });
    expect(bodies(await received)).toEqual(['a']);
  });

  it('gets a message even if its wake never came', async () => {
    await space.queue('q');
    const deaf = new Consumer(new TopologyCache(new SnapshotStore(space.redis)), space.queues, { listen: async () => () => undefined }, 20);
    const received = deaf.on(space.ns, 'q', (queue) => deaf.receive(queue, { max: 1, holder: 'h', waitMs: 60_000 }));
    await publish('unheard');
    expect(bodies(await received)).toEqual(['unheard']);
  });

  it('is answered with nothing when the gateway stops', async () => {
    await space.queue('q');
    const received = receive(60_000);
    await waiting();
    consumer.release();
    expect((await received).deliveries).toEqual([]);
  });
});

describe('a queue', () => {
  it('that was deleted and created again is found under its new id', async () => {
    const old = await space.queue('q');
    expect(await receive(0)).toMatchObject({ deliveries: [] });
    await space.change({ drop: 'queue', name: 'q', id: old.id });
    await expect(receive(0)).rejects.toMatchObject({ code: 'queue_not_found' });
    await space.queue('q');
    await publish('new');
    expect(bodies(await receive(0))).toEqual(['new']);
  });
});
