import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Stack } from '../../../scripts/local/stack.mjs';
import { Application, Customer, eventually, expectStatus } from './customer.js';
import type { Message, Receipt } from './customer.js';
import { gatewayUrl, startInstallation } from './installation.js';

interface Task {
  readonly id: string;
  readonly state: string;
  readonly scanned: number;
  readonly matched: number;
  readonly done: number;
  readonly refused: number;
}
interface Browsed {
  readonly id: string;
  readonly body?: string;
  readonly holder?: string;
  readonly until?: string;
  readonly death?: { reason: string };
}
type Received = Message & { key: string; headers: Record<string, string>; death?: { reason: string; queue: string } };

let stack: Stack;
let customer: Customer;
let app: Application;
beforeAll(async () => {
  stack = await startInstallation();
  customer = await Customer.signUp(stack.controlPlane.url);
  app = new Application(gatewayUrl(stack), (await customer.key()).secret);
});
afterAll(() => stack?.stop());

const post = async <T>(path: string, body: unknown, ...statuses: number[]): Promise<T> => expectStatus(await app.call<T>('POST', path, { body }), ...statuses);
const get = async <T>(path: string): Promise<T> => expectStatus(await app.call<T>('GET', path), 200);
const start = async (path: string, body: unknown): Promise<Task> => (await post<{ task: Task }>(path, body, 200, 202)).task;
const task = (id: string): Promise<Task> => get<Task>(`/tasks/${id}`);
const browse = async (queue: string, query = ''): Promise<Browsed[]> => (await get<{ items: Browsed[] }>(`/queues/${queue}/messages?limit=200${query}`)).items;
const ended = (id: string, limitMs = 30_000): Promise<Task> =>
  eventually(async () => {
    const now = await task(id);
    expect(now.state).not.toBe('running');
    return now;
  }, limitMs);

/** Publishes and rejects `count` messages; their ids by body. */
async function deadLetters(queue: string, count: number, more: Record<string, unknown> = {}): Promise<Map<string, string>> {
  const bodies = Array.from({ length: count }, (_, i) => `${queue}-${i}`);
  const ids = new Map<string, string>();
  for (let i = 0; i < count; i += 500) {
    const some = bodies.slice(i, i + 500);
    const receipts = await app.publishBatch(`/queues/${queue}`, some, more);
    some.forEach((body, j) => ids.set(body, receipts[j]!.id));
  }
  for (let rejected = 0; rejected < count; ) {
    const messages = await app.receive(queue, { max: 100, leaseSeconds: 60 });
    await app.settle(queue, { reject: messages.map(({ receipt }) => ({ receipt, reason: 'card declined' })) });
    rejected += messages.length;
  }
  return ids;
}

async function drain(queue: string): Promise<Received[]> {
  const all: Received[] = [];
  for (;;) {
    const messages = (await app.receive(queue, { max: 100, autoAccept: true })) as Received[];
    if (messages.length === 0) return all;
    all.push(...messages);
  }
}

describe('an operator', () => {
  it('looks at messages in every state without consuming one', async () => {
    await customer.queue('seen');
    await deadLetters('seen', 1);
    await app.publish('/queues/seen', 'held');
    const [held] = expectStatus(await app.call<{ messages: Message[] }>('POST', '/queues/seen/receive', { body: { consumer: 'billing-1', leaseSeconds: 300 } }), 200).messages;
    await app.publish('/queues/seen', 'later', { 'waybill-delay': '300' });
    const { id } = await app.publish('/queues/seen', 'now', { 'waybill-h-region': 'eu' });
    expect(await browse('seen', '&body=full&header.region=eu')).toMatchObject([{ id, body: 'now' }]);
    expect(await browse('seen', '&header.region=us')).toEqual([]);
    expect(await browse('seen', '&state=leased')).toMatchObject([{ id: held!.id, holder: 'billing-1', until: held!.leaseUntil }]);
    expect(await browse('seen', '&state=delayed&body=full')).toMatchObject([{ body: 'later' }]);
    expect(await browse('seen', '&state=dead&reason=card%20declined')).toMatchObject([{ death: { reason: 'card declined' } }]);
    expect(await get(`/queues/seen/messages/${id}`)).toMatchObject({ id, body: 'now', state: 'ready' });
    expect(await app.figures('seen')).toMatchObject({ ready: 1, leased: 1, delayed: 1, dead: 1 });
  });

  it('redrives dead letters though the worker is killed in the middle: none lost, none doubled, ids kept', async () => {
    await customer.queue('redriven');
    const ids = await deadLetters('redriven', 1_200);
    const { id } = await start('/queues/redriven/redrive', { ratePerSecond: 400 });
    for (const killed of [150, 500]) {
      await eventually(async () => expect((await task(id)).done).toBeGreaterThanOrEqual(killed));
      await stack.worker!.process.kill('SIGKILL');
      await stack.worker!.process.restart();
    }
    expect(await ended(id, 60_000)).toMatchObject({ state: 'done', matched: 1_200, done: 1_200, refused: 0 });
    const back = await drain('redriven');
    expect(back).toHaveLength(1_200);
    expect(new Map(back.map((message) => [message.body, message.id]))).toEqual(ids);
    expect(back.every(({ deliveryCount, death }) => deliveryCount === 1 && death === undefined)).toBe(true);
    expect(await app.figures('redriven')).toMatchObject({ ready: 0, dead: 0 });
  });

  it('redrives at the rate asked for, and can stop it', async () => {
    await customer.queue('paced');
    await deadLetters('paced', 300);
    const startMs = Date.now();
    const { id } = await start('/queues/paced/redrive', { ratePerSecond: 40 });
    const { done } = await eventually(async () => {
      const now = await task(id);
      expect(now.done).toBeGreaterThanOrEqual(120);
      return now;
    });
    const seconds = (Date.now() - startMs) / 1_000;
    expect(done).toBeLessThanOrEqual(40 * seconds + 1);
    expect(seconds).toBeGreaterThan(2.9);
    const cancelled = expectStatus(await app.call<Task>('DELETE', `/tasks/${id}`), 200);
    expect(cancelled.state).toBe('cancelled');
    // A task that runs to its end afterwards proves that the worker went on without this one.
    await customer.queue('sentinel');
    await deadLetters('sentinel', 1);
    await ended((await start('/queues/sentinel/redrive', {})).id);
    const stopped = await task(id);
    expect(await app.figures('paced')).toMatchObject({ ready: stopped.done, dead: 300 - stopped.done });
    expect(stopped.done).toBeLessThan(300);
    expect((await get<{ items: Task[] }>('/tasks')).items.map((each) => each.id)).toContain(id);
  });

  it('sees what a purge would remove before it removes it, by filter', async () => {
    await customer.queue('purged');
    await app.publishBatch('/queues/purged', ['a1', 'a2', 'a3'], { key: 'a' });
    await app.publishBatch('/queues/purged', ['b1', 'b2'], { key: 'b' });
    expect(await post('/queues/purged/purge', { filter: { key: 'a' }, dryRun: true }, 200)).toMatchObject({ matched: 3, scanned: 5, complete: true });
    expect(await app.figures('purged')).toMatchObject({ ready: 5 });
    expect(await ended((await start('/queues/purged/purge', { filter: { key: 'a' } })).id)).toMatchObject({ state: 'done', matched: 3, done: 3 });
    expect((await drain('purged')).map(({ body }) => body)).toEqual(['b1', 'b2']);
  });

  it('moves messages to another queue, keeping their ids', async () => {
    await customer.queue('from');
    await customer.queue('to');
    const receipts = await app.publishBatch('/queues/from', Array.from({ length: 250 }, (_, i) => `m${i}`));
    expect(await ended((await start('/queues/from/move', { to: { queue: 'to' } })).id)).toMatchObject({ state: 'done', done: 250 });
    expect((await drain('to')).map(({ id }) => id)).toEqual(receipts.map(({ id }) => id));
    expect(await app.figures('from')).toMatchObject({ ready: 0 });
  });

  it('mends a dead letter and sends it again in one step', async () => {
    await customer.queue('mended');
    const [id] = [...(await deadLetters('mended', 1, { key: 'order.created' })).values()];
    const receipt = await post<Receipt>(`/queues/mended/messages/${id}/resubmit`, { message: { body: 'mended' } }, 200);
    expect(await drain('mended')).toMatchObject([{ id: receipt.id, body: 'mended', key: 'order.created', headers: { 'waybill-resubmitted-from': id } }]);
    expect(await app.figures('mended')).toMatchObject({ dead: 0 });
    expect((await app.call('POST', `/queues/mended/messages/${id}/resubmit`, { body: {} })).status).toBe(404);
  });

  it('pauses a queue: nothing is handed out, publishing goes on, and a waiting consumer gets the message after resume', async () => {
    await customer.queue('paused');
    await post('/queues/paused/pause', {}, 200);
    await app.publish('/queues/paused', 'patient');
    expect(await app.receive('paused')).toEqual([]);
    const waiting = app.receive('paused', { waitSeconds: 30 });
    await post('/queues/paused/resume', {}, 200);
    expect((await waiting).map(({ body }) => body)).toEqual(['patient']);
  });

  it('has dead letters sent through an exchange, with the reason and the queue they died in', async () => {
    await customer.queue('morgue');
    await customer.exchange('graveyard', 'topic');
    await customer.bind('graveyard', { destination: { queue: 'morgue' }, pattern: 'dead.#' });
    await customer.queue('mortal', { deadLetterExchange: 'graveyard', deadLetterKey: 'dead.orders' });
    const ids = await deadLetters('mortal', 30);
    const arrived = await eventually(async () => {
      expect(await app.figures('morgue')).toMatchObject({ ready: 30 });
      return drain('morgue');
    });
    expect(arrived.map(({ id }) => id)).toEqual([...ids.values()]);
    expect(arrived[0]).toMatchObject({ key: 'dead.orders', death: { reason: 'card declined', queue: 'mortal' } });
    expect(await app.figures('mortal')).toMatchObject({ dead: 0 });
  });

  it('schedules a message by the minute: it comes once a minute, in time, until it is cancelled', async () => {
    await customer.queue('reports');
    const schedule = { cron: '* * * * *', timeZone: 'Europe/Vienna', to: { queue: 'reports' }, message: { body: 'report', contentType: 'text/plain' } };
    const made = expectStatus(await app.call<{ nextAt: string }>('PUT', '/schedules/minutely', { body: schedule }), 201);
    const [report] = await eventually(async () => {
      const messages = await app.receive('reports', { waitSeconds: 10, autoAccept: true });
      expect(messages).toHaveLength(1);
      return messages;
    }, 80_000);
    expect(report).toMatchObject({ body: 'report' });
    const state = await eventually(async () => {
      const now = await get<{ lastAt: string; lastMessageId: string; lateByMs: number; nextAt: string; lastProblem: null }>('/schedules/minutely');
      expect(now.lastMessageId).toBe(report!.id);
      return now;
    });
    expect(Date.parse(state.lastAt)).toBeGreaterThanOrEqual(Date.parse(made.nextAt));
    expect(state.lateByMs).toBeLessThan(20_000);
    expect(Date.parse(state.nextAt)).toBeGreaterThan(Date.parse(made.nextAt));
    expectStatus(await app.call('DELETE', '/schedules/minutely'), 204);
    expect((await app.call('GET', '/schedules/minutely')).status).toBe(404);
  }, 120_000);
});
