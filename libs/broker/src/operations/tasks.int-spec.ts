import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '@waybill/kernel';
import { keys } from '../redis/keys.js';
import type { QueueRef } from '../redis/queue.store.js';
import { bind, putExchange } from '../testing/topology.js';
import { TestNamespace } from '../testing/namespace.js';
import { OperatedNamespace } from '../testing/operated-namespace.js';
import type { MessageTask } from './message-task.js';
import { operationKeys } from './operation-keys.js';
import { QueuePurge } from './queue-purge.store.js';
import { TaskRunner } from './task-runner.js';
import { taskLimits } from './tasks.store.js';

let home: TestNamespace;
let world: OperatedNamespace;
let orders: QueueRef;
beforeEach(async () => {
  home = await TestNamespace.open();
  world = new OperatedNamespace(home);
  orders = await home.queue('orders');
});
afterEach(() => home.close());

const bodies = (count: number) => Array.from({ length: count }, (_, i) => `m${i}`);
const figures = (queue: QueueRef) => home.queues.figures(queue);

async function run(task: MessageTask): Promise<MessageTask> {
  await world.runner.turn(home.ns, task.id, 'w1', Infinity);
  return world.tasks.get(home.ns, task.id);
}

describe('a redrive', () => {
  it('brings dead letters back as they were: in order, same id, deliveries from 0, no trace of their death', async () => {
    const ids = await world.publish(orders, bodies(230), 'order.created');
    await world.killAll(orders);
    expect(await run(await world.tasks.create(home.ns, world.spec(orders)))).toMatchObject({ state: 'done', scanned: 230, matched: 230, done: 230, refused: 0 });
    expect(await figures(orders)).toMatchObject({ ready: 230, dead: 0 });
    const drained = await world.drain(orders);
    expect(drained.map(({ id }) => id)).toEqual(ids);
    expect(drained.map(({ body }) => body)).toEqual(bodies(230));
    expect(drained.every(({ deliveries, death, key, headers }) => deliveries === 1 && death === undefined && key === 'order.created' && Object.keys(headers).length === 0)).toBe(true);
  });

  it('leaves a dead letter when the queue is full, and takes it when there is room', async () => {
    const small = await home.queue('small', { maxMessages: 5 });
    await world.publish(small, bodies(5));
    await world.killAll(small);
    await world.publish(small, ['a', 'b', 'c']);
    expect(await run(await world.tasks.create(home.ns, world.spec(small)))).toMatchObject({ state: 'done', matched: 5, done: 2, refused: 3 });
    expect(await figures(small)).toMatchObject({ ready: 5, dead: 3 });
    await world.drain(small);
    expect(await run(await world.tasks.create(home.ns, world.spec(small)))).toMatchObject({ done: 3, refused: 0 });
    expect((await world.drain(small)).map(({ body }) => body).sort()).toEqual(['m2', 'm3', 'm4']);
  });

  it('takes nothing away for an exchange from which no queue is reached', async () => {
    await home.change(putExchange('nowhere', 'topic'));
    await world.publish(orders, bodies(3));
    await world.killAll(orders);
    expect(await run(await world.tasks.create(home.ns, world.spec(orders, { to: { exchange: 'nowhere' } })))).toMatchObject({ state: 'done', done: 0, refused: 3 });
    expect(await figures(orders)).toMatchObject({ ready: 0, dead: 3 });
  });

  it('revives a message whose life was over', async () => {
    const expiresAtMs = Date.now() + 1;
    await world.publisher.publish(home.ns, { queue: 'orders' }, [{ properties: { key: '', contentType: 'text/plain', priority: 0, headers: {}, expiresAtMs }, body: Buffer.from('late'), ttlMs: 60_000 }]);
    await world.killAll(orders, 'expired');
    await run(await world.tasks.create(home.ns, world.spec(orders)));
    expect((await world.drain(orders)).map(({ body }) => body)).toEqual(['late']);
  });

  it('keeps a body that is stored outside, and says so when the last copy is gone', async () => {
    const storedBody = { id: `${home.ns}/2026-11-21/b1`, bytes: 2_000_000 };
    await world.publisher.publish(home.ns, { queue: 'orders' }, [{ properties: { key: '', contentType: 'video/mp4', priority: 0, headers: {}, storedBody }, body: Buffer.alloc(0) }]);
    await world.killAll(orders);
    expect(await run(await world.tasks.create(home.ns, world.spec(orders)))).toMatchObject({ done: 1 });
    expect(await home.redis.hgetall(keys.bodies(home.ns))).toEqual({ [storedBody.id]: '1', '@bytes': '2000000' });
    await world.killAll(orders);
    expect(await run(await world.tasks.create(home.ns, world.spec(orders, { kind: 'purge', to: null })))).toMatchObject({ done: 1 });
    expect(await home.redis.exists(keys.bodies(home.ns))).toBe(0);
    expect(await home.redis.lrange(keys.freeBodies(home.ns), 0, -1)).toEqual([storedBody.id]);
  });

  it('does not touch what dies after it was asked for', async () => {
    await world.publish(orders, bodies(3));
    await world.killAll(orders);
    const task = await world.tasks.create(home.ns, world.spec(orders));
    await world.publish(orders, ['later']);
    await world.killAll(orders);
    expect(await run(task)).toMatchObject({ state: 'done', done: 3 });
    expect(await figures(orders)).toMatchObject({ ready: 3, dead: 1 });
  });
});

describe('a move', () => {
  it('moves ready messages of every kind of queue through an exchange, by filter, keeping ids', async () => {
    await home.change(putExchange('events', 'topic'), bind('events', { queue: 'target' }, { pattern: '#' }));
    const target = await home.queue('target');
    for (const [name, kind] of [['s', 'standard'], ['f', 'fifo'], ['p', 'priority']] as const) {
      const source = await home.queue(name, { kind });
      const wanted = await world.publish(source, bodies(120), 'a');
      await world.publish(source, bodies(30), 'b');
      const task = await world.tasks.create(home.ns, world.spec(source, { kind: 'move', from: 'ready', inOrder: kind === 'standard', to: { exchange: 'events' }, filter: { key: 'a' } }));
      expect(await run(task)).toMatchObject({ state: 'done', scanned: 150, matched: 120, done: 120 });
      expect((await world.drain(target)).map(({ id }) => id)).toEqual(wanted);
      expect(await figures(source)).toMatchObject({ ready: 30 });
    }
  });

  it('keeps what a dead letter says about its death', async () => {
    const parked = await home.queue('parked');
    await world.publish(orders, ['x']);
    await world.killAll(orders, 'card declined');
    await run(await world.tasks.create(home.ns, world.spec(orders, { kind: 'move', to: { queue: 'parked' } })));
    expect(await world.drain(parked)).toMatchObject([{ body: 'x', death: { reason: 'card declined', queue: 'orders', deliveries: 1 } }]);
  });

  it('leaves messages that are leased meanwhile to their holders', async () => {
    await home.queue('target');
    await world.publish(orders, bodies(10));
    const claim = await home.queues.claim(orders, { max: 4, holder: 'c' });
    expect(claim).toMatchObject({ kind: 'claimed' });
    expect(await run(await world.tasks.create(home.ns, world.spec(orders, { kind: 'move', from: 'ready', to: { queue: 'target' } })))).toMatchObject({ done: 6 });
    expect(await figures(orders)).toMatchObject({ ready: 0, leased: 4 });
  });
});

describe('a purge', () => {
  const purge = (queue: QueueRef, more = {}) => world.spec(queue, { kind: 'purge', to: null, from: 'ready', ...more });

  it('removes what fits the filter and nothing else', async () => {
    await world.publish(orders, bodies(150), 'a');
    await world.publish(orders, bodies(40), 'b');
    expect(await run(await world.tasks.create(home.ns, purge(orders, { filter: { key: 'a' } })))).toMatchObject({ state: 'done', matched: 150, done: 150 });
    expect(await figures(orders)).toMatchObject({ ready: 40 });
  });

  it('without a filter empties one state and leaves the others', async () => {
    const whole = new QueuePurge(home.redis, home.queues, world.browser, world.control);
    await world.publish(orders, bodies(450));
    await world.killAll(orders);
    await world.publish(orders, bodies(7));
    const later = await world.publisher.publish(home.ns, { queue: 'orders' }, bodies(5).map((body) => ({ properties: { key: '', contentType: 'text/plain', priority: 0, headers: {} }, body: Buffer.from(body), delayMs: 60_000 })));
    expect(later).toHaveLength(5);
    const claim = await home.queues.claim(orders, { max: 3, holder: 'c' });
    if (claim.kind !== 'claimed') throw new Error('nothing was claimed');
    const [first, second] = claim.deliveries;
    await home.queues.settle(orders, [first!, second!].map(({ receipt }, i) => ({ action: 'defer', receipt, key: `k${i}`, returnMs: 60_000 })));
    expect(await figures(orders)).toMatchObject({ ready: 4, leased: 1, delayed: 5, deferred: 2, dead: 450 });
    expect(await whole.purge(orders, 'dead')).toBe(450);
    expect(await whole.purge(orders, 'delayed')).toBe(5);
    expect(await whole.purge(orders, 'deferred')).toBe(2);
    expect(await whole.purge(orders, 'ready')).toBe(4);
    expect(await figures(orders)).toMatchObject({ ready: 0, leased: 1, delayed: 0, deferred: 0, dead: 0 });
    expect(await whole.purge(orders, 'dead')).toBe(0);
  });
});

describe('tasks', () => {
  it('are listed newest first, page by page, and forget those that expired', async () => {
    const made: string[] = [];
    for (let i = 0; i < 7; i += 1) {
      const task = await world.tasks.create(home.ns, world.spec(orders));
      made.unshift(task.id);
      await run(task);
    }
    const first = await world.tasks.list(home.ns, undefined, 3);
    const second = await world.tasks.list(home.ns, first.next as string, 3);
    const third = await world.tasks.list(home.ns, second.next as string, 3);
    expect([first, second, third].flatMap(({ items }) => items.map(({ id }) => id))).toEqual(made);
    expect(third.next).toBeNull();
    await home.redis.unlink(operationKeys.task(home.ns, made[0] as string));
    expect((await world.tasks.list(home.ns, undefined, 10)).items.map(({ id }) => id)).toEqual(made.slice(1));
    expect(await home.redis.zcard(operationKeys.tasks(home.ns))).toBe(6);
    await expect(world.tasks.list(home.ns, 'tsk_unknown', 3)).rejects.toMatchObject({ code: 'page_token_invalid' });
  });

  it('are limited while they run, and expire a week after their end', async () => {
    const running: MessageTask[] = [];
    for (let i = 0; i < taskLimits.running; i += 1) running.push(await world.tasks.create(home.ns, world.spec(orders)));
    await expect(world.tasks.create(home.ns, world.spec(orders))).rejects.toMatchObject({ code: 'limit_reached' });
    const cancelled = await world.tasks.cancel(home.ns, (running[0] as MessageTask).id);
    expect(cancelled).toMatchObject({ state: 'cancelled', endedMs: expect.any(Number) });
    expect(await home.redis.pttl(operationKeys.task(home.ns, cancelled.id))).toBeGreaterThan(taskLimits.keptMs - 60_000);
    const done = await run(running[1] as MessageTask);
    expect(done.state).toBe('done');
    expect(await home.redis.pttl(operationKeys.task(home.ns, done.id))).toBeGreaterThan(taskLimits.keptMs - 60_000);
    expect(await home.redis.pttl(operationKeys.task(home.ns, (running[2] as MessageTask).id))).toBe(-1);
    expect((await world.tasks.running(home.ns)).sort()).toEqual(running.slice(2).map(({ id }) => id).sort());
    await world.tasks.create(home.ns, world.spec(orders));
  });

  it('belong to one worker, until it gives them back or falls silent', async () => {
    const task = await world.tasks.create(home.ns, world.spec(orders));
    expect(await world.tasks.take(home.ns, task.id, 'w1')).toMatchObject({ id: task.id, plan: [], cursor: undefined });
    expect(await world.tasks.take(home.ns, task.id, 'w2')).toBeUndefined();
    expect(await world.tasks.take(home.ns, task.id, 'w1')).toBeDefined();
    await home.redis.hset(operationKeys.task(home.ns, task.id), 'ownedUntilMs', '1');
    expect(await world.tasks.take(home.ns, task.id, 'w2')).toBeDefined();
    const progress = { counts: { scanned: 1, matched: 1, done: 1, refused: 0 }, cursor: '5', plan: [6, 7], paidUntilMs: 12.5, then: 'pause' } as const;
    expect(await world.tasks.save(home.ns, task.id, 'w1', progress)).toBe(false);
    expect(await world.tasks.save(home.ns, task.id, 'w2', progress)).toBe(true);
    expect(await world.tasks.take(home.ns, task.id, 'w3')).toMatchObject({ scanned: 1, matched: 1, done: 1, refused: 0, cursor: '5', plan: [6, 7], paidUntilMs: 12.5 });
  });

  it('that are cancelled keep count of the step under way and take no other', async () => {
    await world.publish(orders, bodies(300));
    await world.killAll(orders);
    const task = await world.tasks.create(home.ns, world.spec(orders));
    let moved = 0;
    const mover = {
      move: async (...args: Parameters<typeof world.mover.move>) => {
        if ((moved += 1) === 130) await world.tasks.cancel(home.ns, task.id);
        return world.mover.move(...args);
      },
    };
    await new TaskRunner(world.tasks, world.browser, mover, world.control, systemClock).turn(home.ns, task.id, 'w1', Infinity);
    expect(await world.tasks.get(home.ns, task.id)).toMatchObject({ state: 'cancelled', done: 200 });
    expect(await figures(orders)).toMatchObject({ ready: 200, dead: 100 });
    expect(await world.tasks.cancel(home.ns, task.id)).toMatchObject({ state: 'cancelled', done: 200 });
  });

  it('that several workers carry on after another at the same time move every message once', async () => {
    const ids = await world.publish(orders, bodies(500));
    await world.killAll(orders);
    const task = await world.tasks.create(home.ns, world.spec(orders));
    for (let i = 0; (await world.tasks.get(home.ns, task.id)).state === 'running' && i < 50; i += 1) {
      // The second takes over while the first is still at work.
      const first = world.runner.turn(home.ns, task.id, `a${i}`, Date.now() + 5);
      await home.redis.hset(operationKeys.task(home.ns, task.id), 'ownedUntilMs', '1');
      await Promise.all([first, world.runner.turn(home.ns, task.id, `b${i}`, Date.now() + 5)]);
    }
    expect((await world.tasks.get(home.ns, task.id)).state).toBe('done');
    expect((await world.drain(orders)).map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(await figures(orders)).toMatchObject({ dead: 0 });
  });

  it('end as failed when their queue is deleted, and cannot be made for one that is gone', async () => {
    const task = await world.tasks.create(home.ns, world.spec(orders));
    await home.change({ drop: 'queue', name: 'orders', id: orders.id });
    expect(await run(task)).toMatchObject({ state: 'failed', problem: expect.stringContaining('orders') });
    await expect(world.tasks.create(home.ns, world.spec(orders))).rejects.toMatchObject({ code: 'queue_not_found' });
  });

  it('that nobody made are not found', async () => {
    await expect(world.tasks.get(home.ns, 'tsk_x')).rejects.toMatchObject({ code: 'task_not_found' });
    await expect(world.tasks.cancel(home.ns, 'tsk_x')).rejects.toMatchObject({ code: 'task_not_found' });
    expect(await world.tasks.take(home.ns, 'tsk_x', 'w1')).toBeUndefined();
  });
});
