import { describe, expect, it } from '@jest/globals';
import { actorWords } from './actor-words.js';
import { changeOf } from './change.js';
import { noticeWords } from './deletion-words.js';
import { detailsOf, eventDetails } from './details.js';

describe('figures of finance', () => {
  it('say a change in whole per cent, and "new" where there was nothing before', () => {
    expect([changeOf(150n, 100n), changeOf(50n, 100n), changeOf(100n, 100n), changeOf(5n, 0n), changeOf(0n, 0n)]).toEqual(['+50 %', '-50 %', '0 %', 'new', '–']);
  });

  it('say what an action left behind in one line', () => {
    expect(detailsOf({ amountCents: '1634', tiers: [1] })).toBe('amountCents 1634, tiers [1]');
    const decision = { approvalId: 'apr_1', requestedBy: 'usr_1' };
    expect(eventDetails({ after: decision, requestedBy: { id: 'usr_1', email: null } })).toBe('approvalId apr_1');
    expect([eventDetails({ after: decision, requestedBy: null }), eventDetails({ after: null, requestedBy: null })]).toEqual(['approvalId apr_1, requestedBy usr_1', '–']);
    expect([detailsOf(null), detailsOf({}), detailsOf('paid')]).toEqual(['–', '–', 'paid']);
  });

  it('name a person by e-mail address, and by id who has none', () => {
    expect(actorWords({ id: 'usr_1', email: 'ada@example.com' })).toBe('ada@example.com');
    expect(['usr_1', 'key_1', 'dunning'].map((id) => actorWords({ id, email: null }))).toEqual(['usr_1, who has no account any more', 'API key key_1', 'dunning, by itself']);
  });

  it('say of a deletion that is over that no notice was noted, not that one comes', () => {
    expect([noticeWords('planned', null), noticeWords('running', null), noticeWords('stopped', null), noticeWords('done', null)]).toEqual(['not sent yet', 'not sent yet', 'none noted', 'none noted']);
  });
});
