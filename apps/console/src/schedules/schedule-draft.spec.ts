import { describe, expect, it } from '@jest/globals';
import type { Schedule } from '@waybill/contracts';
import { draftOfSchedule, newScheduleDraft, scheduleBody, scheduleRules } from './schedule-draft.js';

const schedule: Schedule = {
  name: 'daily', cron: '30 6 * * mon-fri', timeZone: 'Europe/Vienna', to: { exchange: 'reports' }, paused: false,
  message: { body: 'aGk=', bodyEncoding: 'base64', contentType: 'text/plain', key: 'report.daily', ttlSeconds: 60, priority: 4, headers: { kind: 'daily' } },
  nextAt: null, lastAt: null, lastMessageId: null, lastProblem: null, lateByMs: null, createdAt: '2026-03-10T12:00:00Z',
};

describe('the form of a schedule', () => {
  it('keeps what it does not show', () => {
    const { cron, timeZone, to, paused, message } = schedule;
    expect(scheduleBody(draftOfSchedule(schedule))).toEqual({ cron, timeZone, to, paused, message });
    expect(scheduleBody({ ...draftOfSchedule(schedule), paused: true, key: '', ttlSeconds: '' })).toEqual({ cron, timeZone, to, paused: true, message: { body: 'aGk=', bodyEncoding: 'base64', contentType: 'text/plain', priority: 4, headers: { kind: 'daily' } } });
  });

  it('refuses what could not be sent', () => {
    const draft = newScheduleDraft('UTC');
    expect([scheduleRules.name(draft.name), scheduleRules.to(draft.to), scheduleRules.cron('* * * *'), scheduleRules.timeZone(' '), scheduleRules.contentType('')]).not.toContain(null);
    expect([scheduleRules.name('daily'), scheduleRules.to('queue:reports'), scheduleRules.cron(draft.cron), scheduleRules.timeZone('UTC'), scheduleRules.contentType('a/b')]).toEqual([null, null, null, null, null]);
    expect(() => scheduleBody(draft)).toThrow();
  });
});
