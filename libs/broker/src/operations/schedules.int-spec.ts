import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { NamespaceId } from '@waybill/kernel';
import { keys } from '../redis/keys.js';
import { TestNamespace } from '../testing/namespace.js';
import { OperatedNamespace } from '../testing/operated-namespace.js';
import { MarkedNamespaces } from './marked-namespaces.store.js';
import { operationKeys } from './operation-keys.js';
import type { ScheduleDefinition } from './schedule.js';
import { ScheduleRunner } from './schedule-runner.js';
import { ScheduleStore } from './schedules.store.js';

let home: TestNamespace;
let world: OperatedNamespace;
let store: ScheduleStore;
beforeEach(async () => {
  home = await TestNamespace.open();
  world = new OperatedNamespace(home);
  store = new ScheduleStore(home.redis);
});
afterEach(() => home.close());

const definition: ScheduleDefinition = {
  cron: '* * * * *', timeZone: 'UTC', to: { queue: 'reports' }, paused: false, createdMs: 1_000,
  message: { body: 'report', bodyEncoding: 'utf8', contentType: 'text/plain', key: 'hourly', headers: { kind: 'hourly' } },
};
const runner = () => new ScheduleRunner(store, home.publisher());

describe('schedules', () => {
  it('are created, changed, paused, listed by name and deleted', async () => {
    expect(await store.put(home.ns, 'b', definition, 5_000)).toBe('created');
    expect(await store.put(home.ns, 'b', definition, 9_000)).toBe('unchanged');
    expect(await store.get(home.ns, 'b')).toEqual({ name: 'b', definition, nextMs: 5_000, lastRun: null });
    expect(await store.put(home.ns, 'b', { ...definition, paused: true }, null)).toBe('changed');
    expect(await store.get(home.ns, 'b')).toMatchObject({ nextMs: null, definition: { paused: true } });
    await store.put(home.ns, 'c', definition, 7_000);
    await store.put(home.ns, 'a', definition, 8_000);
    const first = await store.list(home.ns, undefined, 2);
    expect(first).toMatchObject({ items: [{ name: 'a' }, { name: 'b' }], next: 'b' });
    expect(await store.list(home.ns, 'b', 2)).toMatchObject({ items: [{ name: 'c', nextMs: 7_000 }], next: null });
    expect(await store.earliest(home.ns)).toBe(7_000);
    await store.delete(home.ns, 'c');
    expect(await store.earliest(home.ns)).toBe(8_000);
    await expect(store.delete(home.ns, 'c')).rejects.toMatchObject({ code: 'schedule_not_found' });
    expect(await store.get(home.ns, 'c')).toBeUndefined();
  });

  it('are limited to a thousand; one that exists can still be changed', async () => {
    const many = home.redis.pipeline();
    for (let i = 0; i < 1_000; i += 1) many.hset(operationKeys.schedules(home.ns), `s${i}`, '{}');
    await many.exec();
    await expect(store.put(home.ns, 'one-more', definition, 1)).rejects.toMatchObject({ code: 'limit_reached' });
    expect(await store.put(home.ns, 's5', definition, 1)).toBe('changed');
  });

  it('publish once when several workers find the same run due, and go on to the future', async () => {
    const reports = await home.queue('reports');
    const nowMs = await store.nowMs();
    await store.put(home.ns, 'hourly', definition, nowMs - 7 * 60_000);
    const runs = await Promise.all(Array.from({ length: 5 }, () => runner().runNamespace(home.ns)));
    expect(runs.reduce((sum, { published }) => sum + published, 0)).toBe(1);
    const { nextMs, lastRun } = (await store.get(home.ns, 'hourly'))!;
    expect(nextMs).toBeGreaterThan(nowMs);
    expect((nextMs as number) % 60_000).toBe(0);
    expect(lastRun).toMatchObject({ lastProblem: null, lastMessageId: expect.stringMatching(/^msg_/) });
    expect(lastRun!.lateByMs).toBeGreaterThanOrEqual(7 * 60_000);
    expect(await world.drain(reports)).toMatchObject([{ id: lastRun!.lastMessageId, body: 'report', key: 'hourly', headers: { kind: 'hourly' } }]);
    expect(await home.usage()).toMatchObject({ [`mq_messages schedule ${reports.id}`]: 1 });
    expect(await runner().runNamespace(home.ns)).toEqual({ published: 0, failed: 0 });
  });

  it('say why a run stored nothing, and run again when the queue is there', async () => {
    const nowMs = await store.nowMs();
    await store.put(home.ns, 'hourly', definition, nowMs - 1_000);
    expect(await runner().runNamespace(home.ns)).toEqual({ published: 0, failed: 1 });
    expect((await store.get(home.ns, 'hourly'))!.lastRun).toMatchObject({ lastMessageId: null, lastProblem: expect.stringContaining('reports') });
    await home.queue('reports');
    await home.redis.zadd(keys.schedulesDue(home.ns), nowMs - 500, 'hourly');
    expect(await runner().runNamespace(home.ns)).toEqual({ published: 1, failed: 0 });
    expect((await store.get(home.ns, 'hourly'))!.lastRun).toMatchObject({ lastProblem: null });
  });

  it('deleted or changed while they are due write nothing down', async () => {
    await store.put(home.ns, 'hourly', definition, 1_000);
    const run = { lastAtMs: 1, lateByMs: 0, lastMessageId: null, lastProblem: 'x' };
    expect(await store.note(home.ns, 'hourly', run, { dueMs: 999, nextMs: 2_000 })).toBe(false);
    expect(await store.note(home.ns, 'hourly', run, { dueMs: 1_000, nextMs: 2_000 })).toBe(true);
    expect(await store.earliest(home.ns)).toBe(2_000);
    await store.delete(home.ns, 'hourly');
    expect(await store.note(home.ns, 'hourly', run)).toBe(false);
    expect(await home.redis.exists(operationKeys.scheduleRuns(home.ns))).toBe(0);
  });
});

describe('marks of namespaces with work', () => {
  const key = `waybill:test:${randomBytes(6).toString('hex')}`;
  afterEach(() => home.redis.unlink(key));
  const ids = (...names: string[]) => names as NamespaceId[];

  it('lead to those that are due, and to no other', async () => {
    const marks = new MarkedNamespaces(home.redis, key);
    const [a, b] = ids('ns_a', 'ns_b') as [NamespaceId, NamespaceId];
    await marks.mark(a);
    await marks.mark(b);
    const all = await marks.due('+inf', 10);
    expect(all.map(({ ns }) => ns).sort()).toEqual([a, b]);
    const later = Date.now() + 3_600_000;
    await marks.settle(all.find(({ ns }) => ns === a)!, later);
    expect((await marks.due(Date.now() + 1_000, 10)).map(({ ns }) => ns)).toEqual([b]);
    await marks.settle(all.find(({ ns }) => ns === b)!, undefined);
    expect(await marks.due('+inf', 10)).toEqual([{ ns: a, mark: String(later) }]);
  });

  it('are not taken away when work came while somebody looked', async () => {
    const marks = new MarkedNamespaces(home.redis, key);
    const [a] = ids('ns_a') as [NamespaceId];
    await marks.mark(a);
    const [seen] = await marks.due('+inf', 10);
    await marks.mark(a);
    await marks.settle(seen!, undefined);
    expect(await marks.due('+inf', 10)).toHaveLength(1);
    await marks.settle(seen!, Date.now() + 3_600_000);
    expect(await marks.due(Date.now() + 1_000, 10)).toHaveLength(1);
  });

  it('that are there are not touched by a reminder', async () => {
    const marks = new MarkedNamespaces(home.redis, key);
    const [a, b] = ids('ns_a', 'ns_b') as [NamespaceId, NamespaceId];
    await marks.mark(a);
    const before = await marks.due('+inf', 10);
    await marks.remind([a, b]);
    await marks.remind([]);
    const after = await marks.due('+inf', 10);
    expect(after).toHaveLength(2);
    expect(after).toContainEqual(before[0]);
  });
});
