import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { NamespaceId, SubscriptionId } from '@waybill/kernel';
import { newId, silentLogger } from '@waybill/kernel';
import type { FreshDatabase, Home } from '@waybill/testing';
import { freshDatabase, newHome } from '@waybill/testing';
import { attemptOf, HeldStream } from '../testing/attempts.js';
import { AttemptDrain } from './attempt-drain.js';
import { AttemptReader } from './attempt-reader.js';
import { AttemptSearchStore } from './attempt-search.store.js';
import { AttemptStore } from './attempt.store.js';

const noon = Date.UTC(2026, 10, 28, 12);
let fresh: FreshDatabase;
let home: Home;
let stream: HeldStream;
let reader: AttemptReader;
let sub: SubscriptionId;

beforeAll(async () => {
  fresh = await freshDatabase();
  reader = new AttemptReader(new AttemptSearchStore(fresh.database));
});
afterAll(() => fresh?.drop());
beforeEach(async () => {
  home = await newHome(fresh.database);
  stream = new HeldStream();
  sub = newId('subscription');
});

const newDrain = () => new AttemptDrain(stream, new AttemptStore(fresh.database), silentLogger);
const found = async (query = {}) => (await reader.search(home.caller, home.namespaceId, { limit: 1_000, ...query })).attempts;

describe('the drain of attempts', () => {
  it('stores every fact of an attempt', async () => {
    const attempt = attemptOf(sub, { attempt: 3, outcome: 'failed', status: 503, reason: null, requestId: 'r-1', head: Buffer.from([0, 255, 10]), batchIndex: 1, batchMessages: 2, durationMs: 1_234 });
    stream.add(sub, [attempt]);
    expect(await newDrain().drain(home.namespaceId)).toBe(1);
    expect(await found()).toEqual([{ ...attempt, head: new Uint8Array([0, 255, 10]) }]);
    expect(stream.entries).toEqual([]);
  });

  it('stores an entry once when it is killed between the transaction and the deletion', async () => {
    stream.add(sub, [attemptOf(sub), attemptOf(sub)]);
    stream.failTrims = true;
    await expect(newDrain().drain(home.namespaceId)).rejects.toThrow('killed');
    stream.failTrims = false;
    stream.add(sub, [attemptOf(sub)]);
    expect(await newDrain().drain(home.namespaceId)).toBe(1);
    expect(await found()).toHaveLength(3);
    expect(stream.entries).toEqual([]);
  });

  it('empties the stream with its next run when the stream went away before the deletion, and nothing new came', async () => {
    stream.add(sub, [attemptOf(sub)]);
    const sameProcess = newDrain();
    stream.failTrims = true;
    await expect(sameProcess.drain(home.namespaceId)).rejects.toThrow('killed');
    stream.failTrims = false;
    expect(await sameProcess.drain(home.namespaceId)).toBe(0);
    expect(stream.entries).toEqual([]);
    expect(await found()).toHaveLength(1);
  });

  it('stores an entry once when two drain at the same time', async () => {
    for (let i = 0; i < 40; i += 1) stream.add(sub, [attemptOf(sub)]);
    await Promise.all([newDrain().drain(home.namespaceId), newDrain().drain(home.namespaceId)]);
    await newDrain().drain(home.namespaceId);
    expect(await found()).toHaveLength(40);
  });

  it('goes on after an entry that nobody understands', async () => {
    stream.add(sub, '[["att_1"]]');
    stream.add(sub, [attemptOf(sub)]);
    expect(await newDrain().drain(home.namespaceId)).toBe(1);
    expect(stream.entries).toEqual([]);
  });

  it('leaves the entries of a namespace it does not know', async () => {
    stream.add(sub, [attemptOf(sub)]);
    expect(await newDrain().drain('ns_0000000000000000000000000a' as NamespaceId)).toBe(0);
    expect(stream.entries).toHaveLength(1);
  });

  it('drops whole days that are over, and keeps the last seven whatever is asked', async () => {
    const day = 86_400_000;
    const today = Date.now();
    stream.add(sub, [attemptOf(sub, { startedAtMs: today - 40 * day }), attemptOf(sub, { startedAtMs: today - 20 * day }), attemptOf(sub, { startedAtMs: today - 2 * day })]);
    await newDrain().drain(home.namespaceId);
    const store = new AttemptStore(fresh.database);
    expect(await store.dropBefore(today - 30 * day)).toBe(1);
    expect(await found()).toHaveLength(2);
    await store.dropBefore(today + day);
    expect(await found()).toHaveLength(1);
    // A day that was dropped can be made again.
    stream.add(sub, [attemptOf(sub, { startedAtMs: today - 40 * day })]);
    expect(await newDrain().drain(home.namespaceId)).toBe(1);
  });
});

describe('the search for attempts', () => {
  it('pages from the newest back, and finds each once though many began in the same millisecond', async () => {
    const attempts = Array.from({ length: 25 }, (_, i) => attemptOf(sub, { startedAtMs: noon + Math.floor(i / 10) }));
    stream.add(sub, attempts);
    await newDrain().drain(home.namespaceId);
    const seen: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await reader.search(home.caller, home.namespaceId, { subscriptionId: sub, limit: 4, after });
      seen.push(...page.attempts.map(({ id }) => id));
      if (page.next === null) break;
      after = page.next;
    }
    const order = [...attempts].sort((a, b) => b.startedAtMs - a.startedAtMs || (a.id < b.id ? 1 : -1)).map(({ id }) => id);
    expect(seen).toEqual(order);
  });

  it('finds by subscription, message, outcome, status and time', async () => {
    const other = newId('subscription');
    stream.add(sub, [attemptOf(sub, { messageId: 'msg_a', outcome: 'failed', status: 500 }), attemptOf(sub, { messageId: 'msg_b', startedAtMs: noon + 5 })]);
    stream.add(other, [attemptOf(other, { messageId: 'msg_a', outcome: 'failed', status: null, reason: 'timeout', startedAtMs: noon + 9 })]);
    await newDrain().drain(home.namespaceId);
    const messages = async (query: object) => (await found(query)).map(({ messageId, subscriptionId }) => [messageId, subscriptionId === sub]);
    expect(await messages({ subscriptionId: sub })).toEqual([['msg_b', true], ['msg_a', true]]);
    expect(await messages({ messageId: 'msg_a' })).toEqual([['msg_a', false], ['msg_a', true]]);
    expect(await messages({ outcomes: ['delivered', 'gone'] })).toEqual([['msg_b', true]]);
    expect(await messages({ status: 500 })).toEqual([['msg_a', true]]);
    expect(await messages({ fromMs: noon + 5, toMs: noon + 9 })).toEqual([['msg_b', true]]);
  });

  it('shows nothing to another tenant, and refuses a token it did not make', async () => {
    stream.add(sub, [attemptOf(sub)]);
    await newDrain().drain(home.namespaceId);
    const stranger = await newHome(fresh.database);
    expect((await reader.search(stranger.caller, home.namespaceId, { limit: 10 })).attempts).toEqual([]);
    await expect(reader.search(home.caller, home.namespaceId, { limit: 10, after: '1.att_x' })).rejects.toMatchObject({ code: 'page_token_invalid' });
    await expect(fresh.database.withTenant(stranger.caller.tenantId, (tx) => tx.$queryRaw`SELECT * FROM push_attempts_days.d20261128`)).rejects.toThrow(/permission denied/);
  });

  it('sums up calls, not messages, and leaves out what was never called', async () => {
    stream.add(sub, [
      attemptOf(sub, { batchMessages: 2, durationMs: 10 }), attemptOf(sub, { batchMessages: 2, batchIndex: 1, durationMs: 10 }),
      attemptOf(sub, { outcome: 'failed', status: 500, durationMs: 90, startedAtMs: noon + 50 }), attemptOf(sub, { outcome: 'refused', status: null, reason: 'egress_private_address' }),
    ]);
    await newDrain().drain(home.namespaceId);
    expect(await reader.health(home.caller, home.namespaceId, [sub], noon)).toEqual([
      { subscriptionId: sub, calls: 2, delivered: 1, p50DurationMs: 10, p99DurationMs: 90, lastDeliveredAtMs: noon, lastFailedAtMs: noon + 50 },
    ]);
  });

  it('tells alerts, each once', async () => {
    const store = new AttemptStore(fresh.database);
    const alert = { subscriptionId: sub, reason: 'failing', percent: 50, failingSinceMs: noon, raisedAtMs: noon + 1, lastAnswer: '503' } as const;
    expect(await store.addAlert(home.namespaceId, alert)).toBe(true);
    expect(await store.addAlert(home.namespaceId, { ...alert, raisedAtMs: noon + 2 })).toBe(false);
    await store.addAlert(home.namespaceId, { ...alert, percent: 70, raisedAtMs: noon + 3 });
    expect((await reader.alerts(home.caller, home.namespaceId, sub, 10)).map(({ percent, raisedAtMs }) => [percent, raisedAtMs])).toEqual([[70, noon + 3], [50, noon + 1]]);
  });
});
