import { describe, expect, it } from '@jest/globals';
import { WaybillError } from '@waybill/kernel';
import type { NamespaceId } from '@waybill/kernel';
import type { PublishedMessage } from '../published-message.js';
import type { OutgoingMessage } from '../publisher.js';
import type { Taking } from '../redis/message.store.js';
import { outgoingOf } from './schedule.js';
import type { ScheduleDefinition, ScheduleRun } from './schedule.js';
import { ScheduleRunner } from './schedule-runner.js';
import type { DueSchedule } from './schedules.store.js';

const ns = 'ns_a' as NamespaceId;
const minute = 60_000;
const six = Date.UTC(2026, 2, 27, 6, 0);
const definition: ScheduleDefinition = {
  cron: '0 * * * *', timeZone: 'UTC', to: { queue: 'reports' }, paused: false, createdMs: 0,
  message: { body: 'aGVsbG8=', bodyEncoding: 'base64', contentType: 'text/plain', key: 'hourly', headers: { kind: 'hourly' }, ttlSeconds: 2.5 },
};

/** Schedules of a namespace at a moment, and what was written down. */
function storeOf(nowMs: number, ...due: DueSchedule[]) {
  const notes: { name: string; run: ScheduleRun; skipped: { dueMs: number; nextMs: number | null } | undefined }[] = [];
  const forgotten: string[] = [];
  return {
    notes, forgotten,
    nowMs: () => Promise.resolve(nowMs),
    due: (_ns: NamespaceId, by: number, most: number) => Promise.resolve(due.filter(({ dueMs }) => dueMs <= by).slice(0, most)),
    note: (_ns: NamespaceId, name: string, run: ScheduleRun, skipped?: { dueMs: number; nextMs: number | null }) => {
      notes.push({ name, run, skipped });
      return Promise.resolve(true);
    },
    forget: (_ns: NamespaceId, name: string) => Promise.resolve(void forgotten.push(name)),
  };
}

function publisherOf(answer: Partial<PublishedMessage> | Error) {
  const calls: { taking: Taking; message: OutgoingMessage }[] = [];
  return {
    calls,
    publishAnd: (_ns: NamespaceId, taking: Taking, items: readonly { message: OutgoingMessage }[]) => {
      calls.push({ taking, message: items[0]!.message });
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve([{ id: 'msg_a', outcome: 'stored', stored: [{}], refused: [], duplicates: [], ...answer } as unknown as PublishedMessage]);
    },
  };
}

describe('a schedule that is due', () => {
  it('publishes its message, goes on to the next full hour in the same step, and notes how late it was', async () => {
    const store = storeOf(six + 1_300, { name: 'hourly', dueMs: six, definition });
    const publisher = publisherOf({});
    expect(await new ScheduleRunner(store, publisher).runNamespace(ns)).toEqual({ published: 1, failed: 0 });
    expect(publisher.calls).toEqual([{ taking: { kind: 'schedule', name: 'hourly', dueMs: six, nextMs: six + 60 * minute }, message: outgoingOf(definition.message, definition.to, six + 1_300) }]);
    expect(store.notes).toEqual([{ name: 'hourly', run: { lastAtMs: six + 1_300, lateByMs: 1_300, lastMessageId: 'msg_a', lastProblem: null }, skipped: undefined }]);
  });

  it('makes a missed run up once, however many were missed', async () => {
    const store = storeOf(six + 5.5 * 60 * minute, { name: 'hourly', dueMs: six, definition });
    const publisher = publisherOf({});
    await new ScheduleRunner(store, publisher).runNamespace(ns);
    expect(publisher.calls.map(({ taking }) => taking)).toEqual([{ kind: 'schedule', name: 'hourly', dueMs: six, nextMs: six + 6 * 60 * minute }]);
  });

  it('notes nothing when another worker ran it', async () => {
    const store = storeOf(six, { name: 'hourly', dueMs: six, definition });
    expect(await new ScheduleRunner(store, publisherOf(new WaybillError('schedule_not_found'))).runNamespace(ns)).toEqual({ published: 0, failed: 0 });
    expect(store.notes).toEqual([]);
  });

  it.each([
    ['the queue is gone', new WaybillError('queue_not_found', { queue: 'reports' }), 'Create the queue "reports" or correct its name.'],
    ['the queue is full', new WaybillError('queue_full', { queue: 'reports', retryAfterSeconds: 5 }), expect.stringContaining('reports')],
  ])('says why it stored nothing when %s, and goes on to the next run', async (_what, error, problem) => {
    const store = storeOf(six, { name: 'hourly', dueMs: six, definition });
    expect(await new ScheduleRunner(store, publisherOf(error)).runNamespace(ns)).toEqual({ published: 0, failed: 1 });
    expect(store.notes).toEqual([
      { name: 'hourly', run: { lastAtMs: six, lateByMs: 0, lastMessageId: null, lastProblem: problem }, skipped: { dueMs: six, nextMs: six + 60 * minute } },
    ]);
  });

  it.each(['store_unavailable', 'store_full', 'message_log_full', 'outcome_unknown'] as const)('stays due while the answer is %s', async (code) => {
    const store = storeOf(six, { name: 'hourly', dueMs: six, definition });
    await expect(new ScheduleRunner(store, publisherOf(new WaybillError(code))).runNamespace(ns)).rejects.toMatchObject({ code });
    expect(store.notes).toEqual([]);
  });

  it('says so when its message reached no queue or was a duplicate', async () => {
    const unbound = storeOf(six, { name: 'hourly', dueMs: six, definition });
    await new ScheduleRunner(unbound, publisherOf({ stored: [] })).runNamespace(ns);
    expect(unbound.notes[0]?.run).toMatchObject({ lastMessageId: 'msg_a', lastProblem: expect.stringContaining('no queue') });
    const twice = storeOf(six, { name: 'hourly', dueMs: six, definition });
    await new ScheduleRunner(twice, publisherOf({ outcome: 'duplicate', stored: [], duplicates: [{ queue: {} as never, originalId: 'msg_o' }] })).runNamespace(ns);
    expect(twice.notes[0]?.run).toMatchObject({ lastMessageId: null, lastProblem: expect.stringContaining('msg_o') });
  });

  it('does not hold up the others when one cannot be published', async () => {
    const store = storeOf(six, ...Array.from({ length: 50 }, (_, i) => ({ name: `s${i}`, dueMs: six, definition })));
    let calls = 0;
    const publishAnd = () => ((calls += 1) % 10 === 0 ? Promise.reject(new WaybillError('queue_not_found', { queue: 'x' })) : publisherOf({}).publishAnd(ns, { kind: 'schedule', name: '', dueMs: 0, nextMs: 0 }, [{ message: outgoingOf(definition.message, definition.to, six) }]));
    expect(await new ScheduleRunner(store, { publishAnd }).runNamespace(ns)).toEqual({ published: 45, failed: 5 });
  });

  it('is forgotten when it was deleted', async () => {
    const store = storeOf(six, { name: 'gone', dueMs: six, definition: undefined });
    await new ScheduleRunner(store, publisherOf({})).runNamespace(ns);
    expect(store.forgotten).toEqual(['gone']);
  });

  it('carries its body and properties as they were given', () => {
    expect(outgoingOf(definition.message, { exchange: 'events' }, six)).toEqual({
      properties: { key: 'hourly', contentType: 'text/plain', priority: 0, headers: { kind: 'hourly' }, exchange: 'events', expiresAtMs: six + 2_500 }, body: Buffer.from('hello'), ttlMs: 2_500,
    });
    expect(outgoingOf(definition.message, { queue: 'q' }, six).properties.exchange).toBeUndefined();
  });
});
