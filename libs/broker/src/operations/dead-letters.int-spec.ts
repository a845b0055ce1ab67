import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keys } from '../redis/keys.js';
import type { QueueRef } from '../redis/queue.store.js';
import { bind, putExchange } from '../testing/topology.js';
import { TestNamespace } from '../testing/namespace.js';
import { OperatedNamespace } from '../testing/operated-namespace.js';
import { deathLimit } from './dead-letter-forwarder.js';

let home: TestNamespace;
let world: OperatedNamespace;
beforeEach(async () => {
  home = await TestNamespace.open();
  world = new OperatedNamespace(home);
  await home.change(putExchange('graveyard', 'topic'));
});
afterEach(() => home.close());

const forward = () => world.forwarder.forwardNamespace(home.ns);
const listed = () => home.redis.scard(keys.forward(home.ns));
const dead = async (queue: QueueRef) => (await home.queues.figures(queue)).dead;

describe('a dead-letter exchange', () => {
  it('gets dead letters in order with their id, reason and origin, and each is counted once', async () => {
    await home.change(bind('graveyard', { queue: 'morgue' }, { pattern: 'dead.#' }));
    const source = await home.queue('orders', { deadLetterExchange: 'graveyard', deadLetterKey: 'dead.orders' });
    const morgue = await home.queue('morgue');
    const ids = await world.publish(source, Array.from({ length: 150 }, (_, i) => `m${i}`), 'order.created');
    await world.killAll(source, 'card declined');
    expect(await listed()).toBe(1);
    expect(await forward()).toEqual({ forwarded: 150, kept: 0 });
    expect(await dead(source)).toBe(0);
    const arrived = await world.drain(morgue);
    expect(arrived.map(({ id }) => id)).toEqual(ids);
    expect(arrived[0]).toMatchObject({ body: 'm0', key: 'dead.orders', deliveries: 1, headers: { 'waybill-deaths': '1' }, death: { reason: 'card declined', queue: 'orders', deliveries: 1 } });
    expect(await listed()).toBe(0);
    expect(await home.usage()).toMatchObject({ [`mq_queue_passes dead-letter ${morgue.id}`]: 150, 'mq_exchange_passes dead-letter x_graveyard': 150 });
    expect(await forward()).toEqual({ forwarded: 0, kept: 0 });
  });

  it('keeps the routing key when the queue names none', async () => {
    await home.change(bind('graveyard', { queue: 'morgue' }, { pattern: 'order.*' }));
    const source = await home.queue('orders', { deadLetterExchange: 'graveyard' });
    const morgue = await home.queue('morgue');
    await world.publish(source, ['x'], 'order.created');
    await world.killAll(source);
    await forward();
    expect(await world.drain(morgue)).toMatchObject([{ key: 'order.created' }]);
  });

  it('that reaches no queue leaves them where they are and does not try them again', async () => {
    const source = await home.queue('orders', { deadLetterExchange: 'graveyard' });
    await world.publish(source, ['a', 'b']);
    await world.killAll(source);
    expect(await forward()).toEqual({ forwarded: 0, kept: 2 });
    expect(await dead(source)).toBe(2);
    expect(await listed()).toBe(0);
    await home.change(bind('graveyard', { queue: 'morgue' }, { pattern: '#' }));
    await home.queue('morgue');
    await world.publish(source, ['c']);
    await world.killAll(source);
    expect(await forward()).toEqual({ forwarded: 1, kept: 0 });
    expect(await dead(source)).toBe(2);
  });

  it('that is gone leaves them where they are', async () => {
    const source = await home.queue('orders', { deadLetterExchange: 'never-made' });
    await world.publish(source, ['a']);
    await world.killAll(source);
    expect(await forward()).toEqual({ forwarded: 0, kept: 1 });
    expect(await dead(source)).toBe(1);
  });

  it('whose queue is full holds them back until there is room, in order', async () => {
    await home.change(bind('graveyard', { queue: 'morgue' }, { pattern: '#' }));
    const source = await home.queue('orders', { deadLetterExchange: 'graveyard' });
    const morgue = await home.queue('morgue', { maxMessages: 2 });
    await world.publish(source, ['a', 'b', 'c', 'd', 'e']);
    await world.killAll(source);
    expect(await forward()).toEqual({ forwarded: 2, kept: 0 });
    expect(await dead(source)).toBe(3);
    expect(await listed()).toBe(1);
    expect((await world.drain(morgue)).map(({ body }) => body)).toEqual(['a', 'b']);
    expect(await forward()).toEqual({ forwarded: 2, kept: 0 });
    expect((await world.drain(morgue)).map(({ body }) => body)).toEqual(['c', 'd']);
    await forward();
    expect((await world.drain(morgue)).map(({ body }) => body)).toEqual(['e']);
    expect(await listed()).toBe(0);
  });

  it('that leads back to the queue stops after a message died ten times', async () => {
    await home.change(bind('graveyard', { queue: 'orders' }, { pattern: '#' }));
    const source = await home.queue('orders', { deadLetterExchange: 'graveyard' });
    const [id] = await world.publish(source, ['poison']);
    let rounds = 0;
    for (; rounds < deathLimit + 5; rounds += 1) {
      await world.killAll(source);
      if ((await forward()).forwarded === 0) break;
    }
    expect(rounds).toBe(deathLimit);
    const { entries } = await world.browser.page(source, 'dead', undefined, 10);
    expect(entries).toMatchObject([{ id, properties: { headers: { 'waybill-deaths': String(deathLimit) } } }]);
    expect(await listed()).toBe(0);
  });

  it('that two workers serve at once gets every dead letter once', async () => {
    await home.change(bind('graveyard', { queue: 'morgue' }, { pattern: '#' }));
    const source = await home.queue('orders', { deadLetterExchange: 'graveyard' });
    const morgue = await home.queue('morgue');
    const ids = await world.publish(source, Array.from({ length: 400 }, (_, i) => `m${i}`));
    await world.killAll(source);
    const other = new OperatedNamespace(home);
    const [first, second] = await Promise.all([forward(), other.forwarder.forwardNamespace(home.ns)]);
    expect(first.forwarded + second.forwarded).toBe(400);
    expect((await world.drain(morgue)).map(({ id }) => id).sort()).toEqual([...ids].sort());
  });

  it('taken away from a queue leaves its dead letters there; a deleted queue is forgotten', async () => {
    const source = await home.queue('orders', { deadLetterExchange: 'graveyard' });
    await world.publish(source, ['a']);
    await world.killAll(source);
    await home.change({ put: 'queue', queue: { id: source.id, name: 'orders', kind: 'standard', leaseMs: 30_000, deliveryLimit: null } });
    expect(await forward()).toEqual({ forwarded: 0, kept: 0 });
    expect(await dead(source)).toBe(1);
    expect(await listed()).toBe(0);
    await home.redis.sadd(keys.forward(home.ns), 'q_deleted');
    await forward();
    expect(await listed()).toBe(0);
    expect(await home.redis.exists(keys.queue(home.ns, 'q_deleted'))).toBe(0);
  });

  it('gives no second life to a message whose time was over, and keeps the time of one that still lives', async () => {
    await home.change(bind('graveyard', { queue: 'morgue' }, { pattern: '#' }));
    const source = await home.queue('orders', { deadLetterExchange: 'graveyard' });
    const morgue = await home.queue('morgue');
    const properties = { key: '', contentType: 'text/plain', priority: 0, headers: {} };
    const inAnHour = Date.now() + 3_600_000;
    await world.publisher.publish(home.ns, { queue: 'orders' }, [
      { properties: { ...properties, expiresAtMs: Date.now() - 5 }, body: Buffer.from('over') },
      { properties: { ...properties, expiresAtMs: inAnHour }, body: Buffer.from('alive'), ttlMs: 3_600_000 },
    ]);
    await world.killAll(source);
    await forward();
    const { entries } = await world.browser.page(morgue, 'ready', undefined, 10);
    expect(entries.map(({ body, properties: { expiresAtMs } }) => [body.toString(), expiresAtMs])).toEqual([['over', undefined], ['alive', inAnHour]]);
    const [score] = await home.redis.zrange(`${keys.queue(home.ns, morgue.id)}:expiring`, '0', '0', 'WITHSCORES').then((flat) => flat.slice(1));
    expect(Math.abs(Number(score) - inAnHour)).toBeLessThan(10_000);
  });
});
