import { describe, expect, it } from '@jest/globals';
import { actorWords } from './actor-words.js';
import { changeOf } from './change.js';
import { noticeWords } from './deletion-words.js';
import { actionWords, eventFacts, factLine } from './history-words.js';

describe('figures of finance', () => {
  it('say a change in whole per cent, and "new" where there was nothing before', () => {
    expect([changeOf(150n, 100n), changeOf(50n, 100n), changeOf(100n, 100n), changeOf(5n, 0n), changeOf(0n, 0n)]).toEqual(['+50 %', '-50 %', '0 %', 'new', '–']);
  });

  it('say what happened and what it left behind in words and money, ids last', () => {
    expect(['invoice.finalized', 'approval.requested', 'deletion_hold.set', 'grant', 'usage_batch.dropped'].map(actionWords)).toEqual(['Invoice finalized', 'Approval asked for', 'Deletion hold set', 'Grant credit', 'Unbooked usage dropped']);
    const line = (after: unknown, before: unknown = null, currency: string | null = 'USD') => factLine(eventFacts({ before, after }, currency));
    expect(line({ lineId: 'il_1', amountCents: '400', taxCents: '76', reason: 'Goodwill' })).toBe('Amount $4.00, Tax $0.76, Reason Goodwill, Line il_1');
    expect(line({ amountCents: '400', currency: 'JPY', method: 'bank_transfer', expiresAt: null })).toBe('Amount ¥400, Method bank transfer');
    expect(line({ approvalId: 'apr_1', requestedBy: 'usr_1', action: 'grant', tenantId: 'tnt_1' })).toBe('What Grant credit, Approval apr_1');
    expect(line({ delta: '-1200', meters: ['mq_messages', 'mq_kib_in'], paymentTermsDays: 1 })).toBe('Correction -1,200, Meters Messages published, KiB published, Payable within 1 day');
    expect(line({ target: { kind: 'folder', prefix: '' }, paused: false }, null, null)).toBe('Kind folder, Paused no');
    expect([line(null), line({}), line('paid')]).toEqual(['', '', 'Note paid']);
  });

  it('say what was there before where it became another', () => {
    const held = { before: { reason: 'Waits for a purchase order' }, after: { reason: null } };
    expect(factLine(eventFacts(held, 'USD'))).toBe('Reason before Waits for a purchase order');
    expect(factLine(eventFacts({ before: { counters: 1, lines: ['not|a|field=1'] }, after: { namespaceId: 'ns_1', reason: 'A test wrote it' } }, null))).toBe('Reason A test wrote it, Counters before 1, Counted before not|a|field=1, Namespace ns_1');
    expect(factLine(eventFacts({ before: { name: 'books', every: 'daily' }, after: { name: 'books', every: 'monthly' } }, null))).toBe('Name books, Rhythm monthly, Rhythm before daily');
  });

  it('name a person by e-mail address, and by id who has none', () => {
    expect(actorWords({ id: 'usr_1', email: 'ada@example.com' })).toBe('ada@example.com');
    expect(['usr_1', 'key_1', 'dunning'].map((id) => actorWords({ id, email: null }))).toEqual(['usr_1, who has no account any more', 'API key key_1', 'dunning, by itself']);
  });

  it('say of a deletion that is over that no notice was noted, not that one comes', () => {
    expect([noticeWords('planned', null), noticeWords('running', null), noticeWords('stopped', null), noticeWords('done', null)]).toEqual(['not sent yet', 'not sent yet', 'none noted', 'none noted']);
  });
});
