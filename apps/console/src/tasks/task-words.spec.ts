import { describe, expect, it } from '@jest/globals';
import type { Task } from '@waybill/contracts';
import { filterWords, meanRate, shareScanned } from './task-words.js';

const task: Task = {
  id: 'tsk_1', kind: 'redrive', queue: 'orders', state: 'running', from: 'dead', to: { queue: 'orders' }, filter: {}, ratePerSecond: null,
  scanned: 30, matched: 20, done: 20, refused: 0, createdAt: '2026-03-10T12:00:00Z', endedAt: null, problem: null,
};
const figures = { ready: 7, dead: 40, delayed: 0, deferred: 0 };

describe('a task in words', () => {
  it('has looked at what it took away and at what it left', () => {
    expect(shareScanned(task, figures)).toBe(0.5);
    expect(shareScanned(task, { ...figures, dead: 0 })).toBe(1);
    expect(shareScanned({ ...task, scanned: 0, done: 0 }, { ...figures, dead: 0 })).toBe(1);
    expect(shareScanned(task, undefined)).toBeNull();
  });

  it('does not count twice what it moves to the end of the same queue', () => {
    expect(shareScanned({ ...task, kind: 'move', from: 'ready', scanned: 7, done: 7 }, { ...figures, ready: 14 })).toBe(0.5);
  });

  it('says its mean rate, of its whole life once it has ended', () => {
    expect(meanRate(task, Date.parse('2026-03-10T12:00:10Z'))).toBe(2);
    expect(meanRate({ ...task, endedAt: '2026-03-10T12:00:04Z' }, Date.parse('2026-03-10T13:00:00Z'))).toBe(5);
    expect(meanRate(task, Date.parse('2026-03-10T11:59:59Z'))).toBe(20);
  });

  it('says which messages it takes', () => {
    expect(filterWords({})).toBeNull();
    expect(filterWords({ key: 'order.created', headers: { test: '1' }, ids: ['msg_1', 'msg_2'] })).toBe('routing key order.created, header test = 1, 2 ids');
  });
});
