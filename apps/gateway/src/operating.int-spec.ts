import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keys, operationKeys, QueueStore, scheduleMarksKey, taskMarksKey } from '@waybill/broker';
import type { QueueRef } from '@waybill/broker';
import type { BrowsedMessage, Problem, PublishReceipt, Schedule, ScheduleWithRuns, Task } from '@waybill/contracts';
import type { Permission } from '@waybill/kernel';
import { TestSpace } from './testing/open-gateway.js';
import { exchange, PublishGateway } from './testing/publish-gateway.js';

const everything: readonly Permission[] = ['messages:publish', 'messages:consume', 'messages:read', 'queues:read', 'queues:operate', 'queues:purge', 'schedules:read', 'schedules:write'];
type Page<T> = { items: T[]; next: string | null; scanned: number };

let space: TestSpace;
let gateway: PublishGateway;
beforeEach(async () => {
  [space, gateway] = await Promise.all([TestSpace.open(), PublishGateway.open()]);
});
afterEach(async () => {
  await space.redis.zrem(taskMarksKey, space.ns);
  await space.redis.zrem(scheduleMarksKey, space.ns);
  await gateway.close();
  await space.close();
});

async function call<T = Problem>(method: string, path: string, body?: unknown, permissions = everything): Promise<{ status: number; body: T }> {
  const { url, token } = gateway.client(space.ns, 'usr_1', permissions);
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  if (body !== undefined) headers['content-type'] = 'application/json';
  const answer = await fetch(`${url}/v1${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const text = await answer.text();
  return { status: answer.status, body: (text === '' ? undefined : JSON.parse(text)) as T };
}
const get = <T = Problem>(path: string, permissions = everything) => call<T>('GET', path, undefined, permissions);
const post = <T = Problem>(path: string, body: unknown = {}, permissions = everything) => call<T>('POST', path, body, permissions);

async function publish(queue: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<string> {
  const { body: receipt } = await gateway.client(space.ns).post<PublishReceipt>(`/queues/${queue}/messages`, body, { 'content-type': 'text/plain', ...headers });
  return receipt.id;
}
async function kill(queue: QueueRef, reason = 'broken'): Promise<void> {
  const store = new QueueStore(space.redis);
  const claim = await store.claim(queue, { max: 100, holder: 'test' });
  if (claim.kind !== 'claimed') throw new Error('nothing to kill');
  await store.settle(queue, claim.deliveries.map(({ receipt }) => ({ action: 'reject', receipt, reason })));
}

describe('browsing a queue', () => {
  it('shows each state with what belongs to it, and consumes nothing', async () => {
    const orders = await space.queue('orders');
    await publish('orders', 'to be dead', { 'waybill-h-region': 'eu' });
    await kill(orders, 'card declined');
    const leased = await publish('orders', 'to be leased');
    await gateway.client(space.ns).receive('orders', { max: 1, leaseSeconds: 600, consumer: 'billing-1' });
    const delayed = await publish('orders', 'later', { 'waybill-delay': '600' });
    const ready = await publish('orders', 'now', { 'waybill-key': 'order.created', 'waybill-group': 'g1', 'waybill-correlation-id': 'c1' });
    const soon = Date.now() + 590_000;

    const page = async (state: string) => (await get<Page<BrowsedMessage>>(`/queues/orders/messages?state=${state}&body=full`)).body.items;
    expect(await page('ready')).toMatchObject([{ id: ready, state: 'ready', body: 'now', bodyEncoding: 'utf8', bytes: 3, deliveryCount: 0, key: 'order.created', group: 'g1', correlationId: 'c1' }]);
    const [held] = await page('leased');
    expect(held).toMatchObject({ id: leased, holder: 'billing-1', deliveryCount: 1 });
    expect(Date.parse(held!.until as string)).toBeGreaterThan(soon);
    const [waiting] = await page('delayed');
    expect(waiting).toMatchObject({ id: delayed, body: 'later' });
    expect(Date.parse(waiting!.until as string)).toBeGreaterThan(soon);
    expect(await page('dead')).toMatchObject([{ body: 'to be dead', headers: { region: 'eu' }, death: { reason: 'card declined', queue: 'orders', deliveries: 1 } }]);
    expect(await new QueueStore(space.redis).figures(orders)).toMatchObject({ ready: 1, leased: 1, delayed: 1, dead: 1 });
  });

  it('is filtered by id, key, own header and time, page by page', async () => {
    await space.queue('orders');
    const ids: string[] = [];
    for (let i = 0; i < 30; i += 1) ids.push(await publish('orders', `m${i}`, { 'waybill-key': i % 3 === 0 ? 'third' : 'other', 'waybill-h-region': i % 2 === 0 ? 'eu' : 'us' }));
    const all: string[] = [];
    let scanned = 0;
    for (let after = ''; ; ) {
      const { body } = await get<Page<BrowsedMessage>>(`/queues/orders/messages?limit=2&key=third&header.region=eu${after === '' ? '' : `&after=${after}`}`);
      all.push(...body.items.map(({ id }) => id));
      scanned += body.scanned;
      expect(body.items.every((item) => item.body === undefined)).toBe(true);
      if (body.next === null) break;
      after = body.next;
    }
    expect(all).toEqual(ids.filter((_, i) => i % 6 === 0));
    expect(scanned).toBe(30);
    const one = await get<Page<BrowsedMessage>>(`/queues/orders/messages?id=${ids[7]}&body=head`);
    expect(one.body).toMatchObject({ items: [{ id: ids[7], body: 'm7' }], next: null });
    expect((await get<Page<BrowsedMessage>>(`/queues/orders/messages?id=${ids[7]}&state=dead`)).body).toMatchObject({ items: [] });
    expect((await get<Page<BrowsedMessage>>('/queues/orders/messages?publishedFrom=2090-01-01T00:00:00Z')).body).toMatchObject({ items: [], next: null, scanned: 30 });
  });

  it('cuts a long body without breaking a character, and gives it whole when asked', async () => {
    await space.queue('orders');
    const long = `x${'ä'.repeat(2_000)}`;
    const id = await publish('orders', long);
    const head = (await get<Page<BrowsedMessage>>('/queues/orders/messages?body=head')).body.items[0]!;
    expect(head).toMatchObject({ body: long.slice(0, 512), bodyEncoding: 'utf8', bodyCut: true, bytes: 4_001 });
    const { body: whole } = await get<BrowsedMessage>(`/queues/orders/messages/${id}`);
    expect(whole).toMatchObject({ id, body: long, bodyEncoding: 'utf8', state: 'ready' });
    expect(whole.bodyCut).toBeUndefined();
    await publish('orders', Buffer.from([0xff, 0x00]), { 'content-type': 'application/octet-stream' });
    expect((await get<Page<BrowsedMessage>>('/queues/orders/messages?body=full')).body.items[1]).toMatchObject({ body: '/wA=', bodyEncoding: 'base64' });
  });

  it.each([
    ['an unknown state', '/queues/orders/messages?state=lost', 400, 'request_invalid'],
    ['an unknown filter', '/queues/orders/messages?colour=red', 400, 'request_invalid'],
    ['a header without a name', '/queues/orders/messages?header.=x', 400, 'request_invalid'],
    ['a header given twice', '/queues/orders/messages?header.a=1&header.a=2', 400, 'request_invalid'],
    ['too many headers', `/queues/orders/messages?${Array.from({ length: 17 }, (_, i) => `header.h${i}=1`).join('&')}`, 400, 'request_invalid'],
    ['a date that is none', '/queues/orders/messages?publishedFrom=yesterday', 400, 'request_invalid'],
    ['a page too large', '/queues/orders/messages?limit=201', 400, 'request_invalid'],
    ['a page token that is none', '/queues/orders/messages?after=abc', 400, 'page_token_invalid'],
    ['an unknown queue', '/queues/none/messages', 404, 'queue_not_found'],
    ['an unknown message', '/queues/orders/messages/msg_00000000000', 404, 'message_not_found'],
    ['an id that is none', '/queues/orders/messages/x', 404, 'message_not_found'],
    ['groups of a queue without groups', '/queues/orders/groups', 409, 'queue_kind_unsuitable'],
    ['an unknown task', '/tasks/tsk_x', 404, 'task_not_found'],
    ['a page of tasks after none', '/tasks?after=tsk_x', 400, 'page_token_invalid'],
    ['an unknown schedule', '/schedules/none', 404, 'schedule_not_found'],
  ])('answers %s with its own code', async (_what, path, status, code) => {
    await space.queue('orders');
    expect(await get(path)).toMatchObject({ status, body: { code } });
  });

  it('needs its permission on every call', async () => {
    await space.queue('orders');
    const without = (permission: Permission) => everything.filter((each) => each !== permission);
    const cases: [string, string, Permission][] = [
      ['GET', '/queues/orders/messages', 'messages:read'], ['GET', '/queues/orders/messages/x', 'messages:read'], ['POST', '/queues/orders/messages/x/resubmit', 'queues:operate'],
      ['POST', '/queues/orders/redrive', 'queues:operate'], ['POST', '/queues/orders/move', 'queues:operate'], ['POST', '/queues/orders/purge', 'queues:purge'],
      ['GET', '/tasks', 'queues:read'], ['GET', '/tasks/x', 'queues:read'], ['DELETE', '/tasks/x', 'queues:operate'],
      ['POST', '/queues/orders/pause', 'queues:operate'], ['POST', '/queues/orders/resume', 'queues:operate'], ['GET', '/queues/orders/groups', 'queues:read'],
      ['POST', '/queues/orders/park', 'queues:operate'], ['POST', '/queues/orders/unpark', 'queues:operate'],
      ['GET', '/schedules', 'schedules:read'], ['GET', '/schedules/x', 'schedules:read'], ['PUT', '/schedules/x', 'schedules:write'], ['DELETE', '/schedules/x', 'schedules:write'],
    ];
    for (const [method, path, permission] of cases) {
      expect([method, path, await call(method, path, method === 'GET' || method === 'DELETE' ? undefined : {}, without(permission))]).toMatchObject([method, path, { status: 403, body: { code: 'permission_missing' } }]);
    }
  });
});

describe('a task', () => {
  it('is previewed without doing anything, then started, listed and cancelled', async () => {
    const orders = await space.queue('orders');
    for (let i = 0; i < 4; i += 1) await publish('orders', `m${i}`, { 'waybill-key': i < 3 ? 'a' : 'b' });
    await kill(orders);
    const preview = await post('/queues/orders/redrive', { dryRun: true, filter: { key: 'a' } });
    expect(preview).toMatchObject({ status: 200, body: { dryRun: true, matched: 3, scanned: 4, complete: true, sample: [{ body: 'm0' }, { body: 'm1' }, { body: 'm2' }] } });
    expect(await space.redis.exists(operationKeys.tasks(space.ns))).toBe(0);

    const started = await post<{ task: Task }>('/queues/orders/redrive', { filter: { key: 'a' }, ratePerSecond: 5 });
    expect(started).toMatchObject({ status: 202, body: { task: { kind: 'redrive', queue: 'orders', state: 'running', from: 'dead', to: { queue: 'orders' }, filter: { key: 'a' }, ratePerSecond: 5, done: 0, endedAt: null, problem: null } } });
    expect(await space.redis.zscore(taskMarksKey, space.ns)).not.toBeNull();
    const { id } = started.body.task;
    expect((await get<Page<Task>>('/tasks')).body.items).toEqual([started.body.task]);
    expect(await call<Task>('DELETE', `/tasks/${id}`)).toMatchObject({ status: 200, body: { id, state: 'cancelled', endedAt: expect.any(String) } });
    expect((await get<Task>(`/tasks/${id}`)).body).toMatchObject({ state: 'cancelled' });
  });

  it('is refused for a target that is not there, a rate that is none and a filter that is none', async () => {
    await space.queue('orders');
    expect(await post('/queues/orders/move', { to: { exchange: 'none' } })).toMatchObject({ status: 404, body: { code: 'exchange_not_found' } });
    expect(await post('/queues/orders/move', { to: { queue: 'none' } })).toMatchObject({ status: 404, body: { code: 'queue_not_found' } });
    for (const body of [{ ratePerSecond: 0 }, { ratePerSecond: -1 }, { filter: { colour: 'red' } }, { filter: { ids: [] } }, { filter: { publishedFrom: 'x' } }, { to: { queue: 'a', exchange: 'b' } }]) {
      expect(await post('/queues/orders/redrive', body)).toMatchObject({ status: 400, body: { code: 'request_invalid' } });
    }
    expect(await space.redis.exists(operationKeys.tasks(space.ns))).toBe(0);
  });

  it('is not needed to purge a whole state, and is with a filter', async () => {
    const orders = await space.queue('orders');
    for (const body of ['a', 'b', 'c']) await publish('orders', body);
    expect(await post('/queues/orders/purge', { dryRun: true })).toMatchObject({ status: 200, body: { dryRun: true, matched: 3 } });
    expect(await post('/queues/orders/purge', { filter: { bodyContains: 'a' } })).toMatchObject({ status: 200, body: { task: { kind: 'purge', from: 'ready', to: null } } });
    expect(await post('/queues/orders/purge')).toEqual({ status: 200, body: { purged: 3 } });
    expect(await new QueueStore(space.redis).figures(orders)).toMatchObject({ ready: 0 });
  });
});

describe('a dead letter that is edited and sent again', () => {
  it('is a new message with the edits; the rest stays as it was, and the old one is gone', async () => {
    const orders = await space.queue('orders');
    const id = await publish('orders', '{"city":"Wein"}', { 'content-type': 'application/json', 'waybill-key': 'order.created', 'waybill-h-region': 'eu', 'waybill-priority': '4' });
    await kill(orders);
    const { status, body: receipt } = await post<PublishReceipt>(`/queues/orders/messages/${id}/resubmit`, { message: { body: '{"city":"Wien"}', priority: 9 } });
    expect({ status, queues: receipt.queues }).toEqual({ status: 200, queues: ['orders'] });
    expect(receipt.id).not.toBe(id);
    const [again] = await gateway.client(space.ns).receive('orders');
    expect(again).toMatchObject({ id: receipt.id, body: '{"city":"Wien"}', contentType: 'application/json', key: 'order.created', priority: 9, headers: { region: 'eu', 'waybill-resubmitted-from': id } });
    expect(await new QueueStore(space.redis).figures(orders)).toMatchObject({ dead: 0 });
    expect(await post(`/queues/orders/messages/${id}/resubmit`)).toMatchObject({ status: 404, body: { code: 'message_not_found' } });
  });

  it('keeps its bytes when only properties change, and may go elsewhere', async () => {
    const orders = await space.queue('orders');
    await space.queue('target');
    await exchange(space, 'events', 'topic', [{ destination: { queue: 'target' }, pattern: 'fixed' }]);
    const id = await publish('orders', Buffer.from([0, 255, 1]), { 'content-type': 'application/octet-stream' });
    await kill(orders);
    expect((await post<PublishReceipt>(`/queues/orders/messages/${id}/resubmit`, { to: { exchange: 'events' }, message: { key: 'fixed', headers: { Own: '1' } } })).body).toMatchObject({ exchanges: ['events'], queues: ['target'] });
    expect((await gateway.client(space.ns).receive('target'))[0]).toMatchObject({ body: 'AP8B', bodyEncoding: 'base64', exchange: 'events', headers: { own: '1', 'waybill-resubmitted-from': id } });
  });

  it('stays a dead letter when no queue would take it or the edit is wrong', async () => {
    const orders = await space.queue('orders');
    await exchange(space, 'nowhere', 'topic', []);
    const id = await publish('orders', 'x');
    await kill(orders);
    const path = `/queues/orders/messages/${id}/resubmit`;
    expect(await post(path, { to: { exchange: 'nowhere' } })).toMatchObject({ status: 422, body: { code: 'request_unroutable' } });
    expect(await post(path, { to: { exchange: 'none' } })).toMatchObject({ status: 404, body: { code: 'exchange_not_found' } });
    expect(await post(path, { message: { body: '%', bodyEncoding: 'base64' } })).toMatchObject({ status: 400 });
    expect(await post(path, { message: { priority: 10 } })).toMatchObject({ status: 400, body: { code: 'request_invalid' } });
    expect(await post(path, { message: { delaySeconds: -1 } })).toMatchObject({ status: 400 });
    expect(await new QueueStore(space.redis).figures(orders)).toMatchObject({ dead: 1, ready: 0 });
    const ready = await publish('orders', 'not dead');
    expect(await post(`/queues/orders/messages/${ready}/resubmit`)).toMatchObject({ status: 404, body: { code: 'message_not_found' } });
  });
});

describe('a queue', () => {
  it('is paused for good or for a time, and resumed', async () => {
    await space.queue('orders');
    await publish('orders', 'x');
    expect(await post('/queues/orders/pause')).toEqual({ status: 200, body: { paused: true, until: null } });
    expect((await get('/queues/orders')).body).toMatchObject({ paused: true, ready: 1 });
    expect(await gateway.client(space.ns).receive('orders')).toEqual([]);
    expect(await post('/queues/orders/resume')).toEqual({ status: 200, body: { paused: false } });
    expect(await gateway.client(space.ns).receive('orders')).toHaveLength(1);
    const { body } = await post<{ until: string }>('/queues/orders/pause', { seconds: 60 });
    expect(Math.abs(Date.parse(body.until) - Date.now() - 60_000)).toBeLessThan(10_000);
    expect(await post('/queues/orders/pause', { seconds: 0 })).toMatchObject({ status: 400, body: { code: 'request_invalid' } });
  });

  it('with groups shows what blocks each, and parks one by hand', async () => {
    await space.queue('orders', { kind: 'fifo' });
    const first = await publish('orders', 'a1', { 'waybill-group': 'a' });
    await publish('orders', 'a2', { 'waybill-group': 'a' });
    await publish('orders', 'b1', { 'waybill-group': 'b' });
    await gateway.client(space.ns).receive('orders', { max: 1, leaseSeconds: 600, consumer: 'c1' });
    const page = await get<Page<Record<string, unknown>>>('/queues/orders/groups?limit=1');
    expect(page.body.items).toMatchObject([{ group: 'a', messages: 1, state: 'in_flight', blockedBy: { id: first, holder: 'c1', until: expect.any(String) }, parkedReason: null }]);
    expect((await get<Page<Record<string, unknown>>>(`/queues/orders/groups?limit=1&after=${page.body.next}`)).body).toMatchObject({ items: [{ group: 'b', messages: 1, state: 'ready', blockedBy: null }], next: null });
    expect(await post('/queues/orders/park', { group: 'b', reason: 'customer asked' })).toMatchObject({ status: 200, body: { group: 'b', state: 'parked', parkedReason: 'customer asked' } });
    expect(await gateway.client(space.ns).receive('orders')).toEqual([]);
    expect((await get('/queues/orders')).body).toMatchObject({ parkedGroups: 1 });
    expect(await post('/queues/orders/unpark', { group: 'b' })).toMatchObject({ status: 200, body: { group: 'b', state: 'ready' } });
    expect(await gateway.client(space.ns).receive('orders')).toHaveLength(1);
    expect(await post('/queues/orders/park', { group: 'none' })).toMatchObject({ status: 404, body: { code: 'group_not_found' } });
    expect(await post('/queues/orders/unpark', { group: 'b' })).toMatchObject({ status: 404, body: { code: 'group_not_found' } });
  });
});

describe('schedules', () => {
  const daily = { cron: '30 6 * * mon-fri', timeZone: 'Europe/Vienna', to: { queue: 'reports' }, message: { body: 'report', contentType: 'text/plain', headers: { Kind: 'daily' } } };

  it('are created, shown, changed, paused and cancelled', async () => {
    await space.queue('reports');
    const made = await call<Schedule>('PUT', '/schedules/daily', daily);
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'daily', cron: daily.cron, timeZone: 'Europe/Vienna', to: { queue: 'reports' }, paused: false, message: { body: 'report', bodyEncoding: 'utf8', contentType: 'text/plain', headers: { kind: 'daily' } }, lastAt: null, lastMessageId: null, lastProblem: null, lateByMs: null },
    });
    expect(new Date(made.body.nextAt as string).toLocaleTimeString('en-GB', { timeZone: 'Europe/Vienna' })).toBe('06:30:00');
    expect(await space.redis.zscore(scheduleMarksKey, space.ns)).not.toBeNull();
    expect(await call('PUT', '/schedules/daily', daily)).toEqual({ status: 200, body: made.body });
    const { nextRuns, ...shown } = (await get<ScheduleWithRuns>('/schedules/daily')).body;
    expect(shown).toEqual(made.body);
    expect(nextRuns).toHaveLength(5);
    expect(nextRuns[0]).toBe(made.body.nextAt);
    expect(new Set(nextRuns.map((at) => new Date(at).toLocaleTimeString('en-GB', { timeZone: 'Europe/Vienna' })))).toEqual(new Set(['06:30:00']));
    expect(nextRuns.every((at, index) => index === 0 || at > nextRuns[index - 1]!)).toBe(true);
    expect(await call('PUT', '/schedules/daily', { ...daily, paused: true })).toMatchObject({ status: 200, body: { paused: true, nextAt: null, createdAt: made.body.createdAt } });
    expect((await get<ScheduleWithRuns>('/schedules/daily')).body.nextRuns).toEqual([]);
    expect(await space.redis.zcard(keys.schedulesDue(space.ns))).toBe(0);
    await call('PUT', '/schedules/another', { ...daily, timeZone: undefined });
    const { body } = await get<Page<Schedule>>('/schedules?limit=1');
    expect(body).toMatchObject({ items: [{ name: 'another', timeZone: 'UTC' }], next: 'another' });
    expect((await get<Page<Schedule>>('/schedules?limit=1&after=another')).body).toMatchObject({ items: [{ name: 'daily' }], next: null });
    expect((await call('DELETE', '/schedules/daily')).status).toBe(204);
    expect(await call('DELETE', '/schedules/daily')).toMatchObject({ status: 404, body: { code: 'schedule_not_found' } });
  });

  it.each([
    ['a wrong expression', { ...daily, cron: '99 * * * *' }, 400, 'cron_invalid'],
    ['an expression that never comes', { ...daily, cron: '0 0 31 2 *' }, 400, 'cron_invalid'],
    ['seconds', { ...daily, cron: '* * * * * *' }, 400, 'cron_invalid'],
    ['an unknown time zone', { ...daily, timeZone: 'Mars/Olympus' }, 400, 'cron_invalid'],
    ['an unknown queue', { ...daily, to: { queue: 'none' } }, 404, 'queue_not_found'],
    ['an unknown exchange', { ...daily, to: { exchange: 'none' } }, 404, 'exchange_not_found'],
    ['a fixed moment', { ...daily, message: { body: 'x', notBefore: '2030-01-01T00:00:00Z' } }, 400, 'request_invalid'],
    ['a fixed expiry', { ...daily, message: { body: 'x', expiresAt: '2030-01-01T00:00:00Z' } }, 400, 'request_invalid'],
    ['a body that is not base64', { ...daily, message: { body: '%', bodyEncoding: 'base64' } }, 400, 'request_invalid'],
    ['a delay beyond a year', { ...daily, message: { body: 'x', delaySeconds: 1e9 } }, 400, 'request_invalid'],
    ['a control character', { ...daily, message: { body: 'x', group: 'a\u0000b' } }, 400, 'text_invalid'],
    ['a field too many', { ...daily, every: 'day' }, 400, 'request_invalid'],
    ['no message', { cron: daily.cron, to: daily.to }, 400, 'request_invalid'],
  ])('with %s are refused, and nothing is kept', async (_what, body, status, code) => {
    await space.queue('reports');
    expect(await call('PUT', '/schedules/daily', body)).toMatchObject({ status, body: { code } });
    expect(await space.redis.exists(operationKeys.schedules(space.ns), keys.schedulesDue(space.ns))).toBe(0);
  });

  it('with a name that is none are refused', async () => {
    expect(await call('PUT', '/schedules/-x', daily)).toMatchObject({ status: 400, body: { code: 'name_invalid' } });
  });
});
