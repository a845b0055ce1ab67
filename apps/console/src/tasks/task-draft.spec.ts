import { describe, expect, it } from '@jest/globals';
import { filterOf, newTaskDraft, paceOf, taskRules, withTaskKind } from './task-draft.js';

describe('the form of a task', () => {
  const draft = newTaskDraft('orders', 'redrive');

  it('begins with what its kind takes from', () => {
    expect([draft.from, newTaskDraft('orders', 'move').from]).toEqual(['dead', 'ready']);
    expect(withTaskKind(draft, 'purge').from).toBe('ready');
    expect(withTaskKind({ ...draft, kind: 'purge', from: 'delayed' }, 'move').from).toBe('ready');
  });

  it('asks for what was filled in, and for a reason of dead letters alone', () => {
    expect(filterOf(draft)).toEqual({});
    expect(filterOf({ ...draft, key: 'a', reason: 'expired', bodyContains: 'x' })).toEqual({ key: 'a', reason: 'expired', bodyContains: 'x' });
    expect(filterOf({ ...draft, from: 'ready', reason: 'expired' })).toEqual({});
    expect([paceOf(draft), paceOf({ ...draft, rate: 2.5 })]).toEqual([{}, { ratePerSecond: 2.5 }]);
  });

  it('refuses a move to nowhere and a purge of everything', () => {
    expect(taskRules.to('', newTaskDraft('orders', 'move'))).not.toBeNull();
    expect(taskRules.to('queue:archive', newTaskDraft('orders', 'move'))).toBeNull();
    expect(taskRules.to('', draft)).toBeNull();
    expect(taskRules.bodyContains('', newTaskDraft('orders', 'purge'))).not.toBeNull();
    expect(taskRules.bodyContains('', { ...newTaskDraft('orders', 'purge'), key: 'a' })).toBeNull();
  });
});
