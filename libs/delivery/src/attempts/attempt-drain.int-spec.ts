import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { messageIdOf } from '@waybill/broker';
import type { NamespaceId, SubscriptionId } from '@waybill/kernel';
import { newId, silentLogger } from '@waybill/kernel';
import type { FreshDatabase, Home } from '@waybill/testing';
import { freshDatabase, newHome } from '@waybill/testing';
import type { AttemptFacts } from './attempt.js';
import { attemptOf, HeldStream } from '../testing/attempts.js';
import { AttemptDrain } from './attempt-drain.js';
import { AttemptReader } from './attempt-reader.js';
import { AttemptSearchStore } from './attempt-search.store.js';
import { AttemptStore } from './attempt.store.js';
import { encodeAttempts } from './attempt-entry.js';
import { ParkedAttempts } from './parked-attempts.js';
import { ParkedAttemptsStore } from './parked-attempts.store.js';

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
const parkedOf = async ({ namespaceId }: Home) =>
  (await fresh.query(`SELECT entry AS id, fields, code, reason FROM push_attempts_parked WHERE namespace_id = '${namespaceId}' ORDER BY entry`)).map((row) => ({ ...row, fields: JSON.parse(String(row['fields'])) as string[] }));
const found = async (query = {}) => (await reader.search(home.caller, home.namespaceId, { limit: 1_000, ...query })).attempts;

describe('the drain of attempts', () => {
  it('stores every fact of an attempt', async () => {
    const attempt = attemptOf({ attempt: 3, outcome: 'failed', status: 503, reason: null, requestId: 'r-1', head: Buffer.from([0, 255, 10]), batchIndex: 1, batchMessages: 2, durationMs: 1_234 });
    const [stored] = stream.add(sub, [attempt]);
    expect(stored).toMatchObject({ subscriptionId: sub, messageId: attempt.messageId });
    expect(await newDrain().drain(home.namespaceId)).toBe(1);
    expect(await found()).toEqual([{ ...stored, ...attempt, head: new Uint8Array([0, 255, 10]) }]);
    expect(stream.entries).toEqual([]);
  });

  it('stores an entry once when it is killed between the transaction and the deletion', async () => {
    stream.add(sub, [attemptOf(), attemptOf()]);
    stream.failTrims = true;
    await expect(newDrain().drain(home.namespaceId)).rejects.toThrow('killed');
    stream.failTrims = false;
    stream.add(sub, [attemptOf()]);
    expect(await newDrain().drain(home.namespaceId)).toBe(1);
    expect(await found()).toHaveLength(3);
    expect(stream.entries).toEqual([]);
  });

  it('empties the stream with its next run when the stream went away before the deletion, and nothing new came', async () => {
    stream.add(sub, [attemptOf()]);
    const sameProcess = newDrain();
    stream.failTrims = true;
    await expect(sameProcess.drain(home.namespaceId)).rejects.toThrow('killed');
    stream.failTrims = false;
    expect(await sameProcess.drain(home.namespaceId)).toBe(0);
    expect(stream.entries).toEqual([]);
    expect(await found()).toHaveLength(1);
  });

  it('stores an entry once when two drain at the same time', async () => {
    for (let i = 0; i < 40; i += 1) stream.add(sub, [attemptOf()]);
    await Promise.all([newDrain().drain(home.namespaceId), newDrain().drain(home.namespaceId)]);
    await newDrain().drain(home.namespaceId);
    expect(await found()).toHaveLength(40);
  });

  it.each([
    ['no blocks', '[["att_1"]]', 'no two blocks of attempts'],
    ['no JSON', 'from another time', 'no blocks of attempts'],
    ['a block more', '[null,null,{"stem":"0000000000000"}]', 'no two blocks of attempts'],
    ['too few values', '[{"stem":"0000000000000","count":2,"startedMs":[0],"positions":[1,1]},null]', 'status'],
    ['a number that PostgreSQL cannot hold', encodeAttempts([attemptOf({ durationMs: 2 ** 31 })]), 'durationMs'],
    ['a moment that is none', encodeAttempts([attemptOf({ startedAtMs: 2 ** 52 })]), 'startedMs'],
  ])('parks an entry with %s, whole, and goes on after it', async (_, text, reason) => {
    stream.add(sub, text);
    const [entry] = stream.entries;
    stream.add(sub, [attemptOf()]);
    expect(await newDrain().drain(home.namespaceId)).toBe(1);
    expect(stream.entries).toEqual([]);
    expect(await parkedOf(home)).toEqual([{ id: entry!.id, fields: entry!.fields, code: 'attempts_not_understood', reason }]);
  });

  it('parks an entry once, and loses none, when it is killed before the deletion or two drain at the same time', async () => {
    for (let i = 0; i < 600; i += 1) stream.add(sub, 'from another time');
    stream.failTrims = true;
    await Promise.allSettled([newDrain().drain(home.namespaceId), newDrain().drain(home.namespaceId)]);
    stream.failTrims = false;
    await newDrain().drain(home.namespaceId);
    expect([stream.entries.length, (await parkedOf(home)).length]).toEqual([0, 600]);
  });

  it('leaves in the stream what nobody could be told of', async () => {
    stream.add(sub, 'from another time');
    const untold = new AttemptDrain(stream, new AttemptStore(fresh.database), silentLogger, () => Promise.reject(new Error('no database')));
    await expect(untold.drain(home.namespaceId)).rejects.toThrow('no database');
    expect([stream.entries.length, await parkedOf(home)]).toEqual([1, []]);
  });

  it('stores what was parked when it is understood, once, and leaves the rest', async () => {
    stream.add(sub, 'from another time');
    stream.add(sub, 'of a newer version: 1');
    stream.add(sub, 'of a newer version: 2');
    await newDrain().drain(home.namespaceId);
    // What this version cannot read is read by the next.
    for (const entry of [1, 2]) {
      const understood = JSON.stringify(encodeAttempts([attemptOf()])).slice(1, -1);
      await fresh.query(`UPDATE push_attempts_parked SET fields = replace(fields, 'of a newer version: ${entry}', '${understood}') WHERE namespace_id = '${home.namespaceId}'`);
    }
    const parked = () => new ParkedAttempts(new ParkedAttemptsStore(fresh.database), new AttemptStore(fresh.database), silentLogger);
    await Promise.all([parked().retry(), parked().retry()]);
    expect((await found()).map(({ subscriptionId, messageId }) => [subscriptionId, messageId])).toEqual([[sub, 'msg_0000000001a'], [sub, 'msg_0000000001a']]);
    expect((await parkedOf(home)).map(({ fields }) => fields[3])).toEqual(['from another time']);
  });

  it('leaves the entries of a namespace it does not know', async () => {
    stream.add(sub, [attemptOf()]);
    expect(await newDrain().drain('ns_0000000000000000000000000a' as NamespaceId)).toBe(0);
    expect(stream.entries).toHaveLength(1);
  });

  it('drops whole days that are over, and keeps the last seven whatever is asked', async () => {
    const day = 86_400_000;
    const today = Date.now();
    stream.add(sub, [attemptOf({ startedAtMs: today - 40 * day }), attemptOf({ startedAtMs: today - 20 * day }), attemptOf({ startedAtMs: today - 2 * day })]);
    await newDrain().drain(home.namespaceId);
    const store = new AttemptStore(fresh.database);
    expect(await store.dropBefore(today - 30 * day)).toBe(1);
    expect(await found()).toHaveLength(2);
    await store.dropBefore(today + day);
    expect(await found()).toHaveLength(1);
    // A day that was dropped can be made again.
    stream.add(sub, [attemptOf({ startedAtMs: today - 40 * day })]);
    expect(await newDrain().drain(home.namespaceId)).toBe(1);
  });
});

describe('attempts that delivered at once', () => {
  const many = (more: (i: number) => Partial<AttemptFacts> = () => ({})) =>
    Array.from({ length: 40 }, (_, i) => attemptOf({ messageId: messageIdOf(1_000_000 + i * 10), startedAtMs: noon + i, durationMs: i, ...more(i) }));
  const rows = async (table: 'push_attempts' | 'push_attempt_segments') =>
    Number((await fresh.database.asSystem((tx) => tx.$queryRawUnsafe<{ count: bigint }[]>(`SELECT count(*) FROM ${table} WHERE namespace_id = '${home.namespaceId}'`)))[0]?.count);

  it('are stored together, whole, and what failed beside them alone', async () => {
    const facts = many((i) => ({
      requestId: i % 3 === 0 ? null : `r"${i}\\,{}`, head: i % 2 === 0 ? new Uint8Array([0, i, 255]) : new Uint8Array(), status: i === 7 ? 204 : 200,
      ...(i === 9 ? { outcome: 'failed', status: 500 } : i === 11 ? { attempt: 2 } : {}),
    }));
    const stored = stream.add(sub, facts).sort((a, b) => a.startedAtMs - b.startedAtMs);
    expect(await newDrain().drain(home.namespaceId)).toBe(40);
    expect([await rows('push_attempt_segments'), await rows('push_attempts')]).toEqual([1, 2]);
    expect(new Set(stored.map(({ id }) => id)).size).toBe(40);
    expect(await found()).toEqual(stored.toReversed().map((attempt) => ({ ...attempt, head: new Uint8Array(attempt.head) })));
    for (const attempt of [stored[7]!, stored[9]!, stored[39]!]) expect(await reader.get(home.caller, home.namespaceId, attempt.id)).toMatchObject({ id: attempt.id, messageId: attempt.messageId, status: attempt.status });
  });

  it('are found by each criterion, on pages with what was stored alone', async () => {
    const other = newId('subscription');
    for (let drained = 0; drained < 20; drained += 1) {
      stream.add(drained % 2 === 0 ? sub : other, many((i) => ({ messageId: messageIdOf(2_000_000 + drained * 40 + i), startedAtMs: noon + drained * 7 + i, status: drained === 3 ? 202 : 200 })));
      stream.add(sub, [attemptOf({ outcome: 'failed', status: 500, messageId: messageIdOf(2_000_000 + drained), attempt: 2, startedAtMs: noon + 1_000 + drained })]);
      await newDrain().drain(home.namespaceId);
    }
    expect([await rows('push_attempt_segments'), await rows('push_attempts')]).toEqual([20, 20]);
    const all = await found();
    expect(all).toHaveLength(820);
    const seen: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await reader.search(home.caller, home.namespaceId, { limit: 37, after });
      seen.push(...page.attempts.map(({ id }) => id));
      if (page.next === null) break;
      after = page.next;
    }
    expect(seen).toEqual(all.map(({ id }) => id));
    expect((await found({ messageId: messageIdOf(2_000_005) })).map(({ outcome, attempt }) => [outcome, attempt])).toEqual([['failed', 2], ['delivered', 1]]);
    expect(await found({ subscriptionId: other })).toHaveLength(400);
    expect(await found({ status: 202 })).toHaveLength(40);
    expect(await found({ outcomes: ['failed'] })).toHaveLength(20);
    expect(await found({ fromMs: noon + 10, toMs: noon + 12 })).toEqual(all.filter(({ startedAtMs }) => startedAtMs === noon + 10 || startedAtMs === noon + 11));
    expect(await reader.health(home.caller, home.namespaceId, [other], noon + 100)).toMatchObject([{ calls: all.filter((one) => one.subscriptionId === other && one.startedAtMs >= noon + 100).length, p99DurationMs: 39 }]);
  });

  it('show nothing to another tenant', async () => {
    stream.add(sub, many());
    await newDrain().drain(home.namespaceId);
    const stranger = await newHome(fresh.database);
    expect((await reader.search(stranger.caller, home.namespaceId, { limit: 10 })).attempts).toEqual([]);
    for (const table of ['push_attempts_all', 'push_attempt_segments']) {
      expect(await fresh.database.withTenant(stranger.caller.tenantId, (tx) => tx.$queryRawUnsafe(`SELECT * FROM ${table} WHERE namespace_id = '${home.namespaceId}'`))).toEqual([]);
    }
  });

  it('are dropped with their day', async () => {
    const today = Date.now();
    stream.add(sub, many((i) => ({ startedAtMs: today - 40 * 86_400_000 + i })));
    await newDrain().drain(home.namespaceId);
    expect(await found()).toHaveLength(40);
    expect(await new AttemptStore(fresh.database).dropBefore(today - 30 * 86_400_000)).toBe(1);
    expect(await found()).toEqual([]);
  });
});

describe('the search for attempts', () => {
  it('pages from the newest back, and finds each once though many began in the same millisecond', async () => {
    const attempts = Array.from({ length: 25 }, (_, i) => attemptOf({ startedAtMs: noon + Math.floor(i / 10) }));
    const stored = stream.add(sub, attempts);
    await newDrain().drain(home.namespaceId);
    const seen: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await reader.search(home.caller, home.namespaceId, { subscriptionId: sub, limit: 4, after });
      seen.push(...page.attempts.map(({ id }) => id));
      if (page.next === null) break;
      after = page.next;
    }
    const order = stored.sort((a, b) => b.startedAtMs - a.startedAtMs || (a.id < b.id ? 1 : -1)).map(({ id }) => id);
    expect(seen).toEqual(order);
  });

  it('finds by subscription, message, outcome, status and time', async () => {
    const other = newId('subscription');
    stream.add(sub, [attemptOf({ messageId: 'msg_a', outcome: 'failed', status: 500 }), attemptOf({ messageId: 'msg_b', startedAtMs: noon + 5 })]);
    stream.add(other, [attemptOf({ messageId: 'msg_a', outcome: 'failed', status: null, reason: 'timeout', startedAtMs: noon + 9 })]);
    await newDrain().drain(home.namespaceId);
    const messages = async (query: object) => (await found(query)).map(({ messageId, subscriptionId }) => [messageId, subscriptionId === sub]);
    expect(await messages({ subscriptionId: sub })).toEqual([['msg_b', true], ['msg_a', true]]);
    expect(await messages({ messageId: 'msg_a' })).toEqual([['msg_a', false], ['msg_a', true]]);
    expect(await messages({ outcomes: ['delivered', 'gone'] })).toEqual([['msg_b', true]]);
    expect(await messages({ status: 500 })).toEqual([['msg_a', true]]);
    expect(await messages({ fromMs: noon + 5, toMs: noon + 9 })).toEqual([['msg_b', true]]);
  });

  it('shows nothing to another tenant, and refuses a token it did not make', async () => {
    stream.add(sub, [attemptOf()]);
    await newDrain().drain(home.namespaceId);
    const stranger = await newHome(fresh.database);
    expect((await reader.search(stranger.caller, home.namespaceId, { limit: 10 })).attempts).toEqual([]);
    await expect(reader.search(home.caller, home.namespaceId, { limit: 10, after: '1.att_x' })).rejects.toMatchObject({ code: 'page_token_invalid' });
    await expect(fresh.database.withTenant(stranger.caller.tenantId, (tx) => tx.$queryRaw`SELECT * FROM push_attempts_days.d20261128`)).rejects.toThrow(/permission denied/);
  });

  it('sums up calls, not messages, and leaves out what was never called', async () => {
    stream.add(sub, [
      attemptOf({ batchMessages: 2, durationMs: 10 }), attemptOf({ batchMessages: 2, batchIndex: 1, durationMs: 10 }),
      attemptOf({ outcome: 'failed', status: 500, durationMs: 90, startedAtMs: noon + 50 }), attemptOf({ outcome: 'refused', status: null, reason: 'egress_private_address' }),
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
