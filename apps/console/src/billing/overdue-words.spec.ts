import { describe, expect, it } from '@jest/globals';
import { deletedWords, overdueWords } from './overdue-words.js';

const at = (day: number, stopped: Parameters<typeof overdueWords>[0]['stopped']) => overdueWords({ day, stopped, overdueSince: '2026-01-15T00:00:00.000Z', deletionAt: '2026-04-15T00:00:00.000Z' });

describe('the words for an overdue invoice', () => {
  it('say what comes before anything is stopped, what is stopped then, and from day 60 on when everything goes', () => {
    expect(at(7, [])).toBe('After 14 days no queues can be made, after 30 days publishing stops, after 37 days receiving. All of it ends at once when the invoice is paid.');
    expect(at(37, ['new_queues', 'publishing', 'consuming'])).toBe('Refused until it is paid: making queues, publishing, receiving and pushing. All of it ends at once when the invoice is paid.');
    expect(at(60, ['publishing'])).toMatch(/^Refused until it is paid: publishing\. Queues, messages and everything else of this organisation are deleted on .*2026; invoices and usage are kept\. All/);
  });

  it('say what was deleted and what is kept, also where a payment stopped it, and nothing while it is only planned', () => {
    const of = (state: 'planned' | 'running' | 'stopped' | 'done') => deletedWords({ state, invoice: 'inv_1', number: 'WB-7', at: '2026-04-15T00:00:00.000Z', held: false, queues: 2, exchanges: 0, subscriptions: 1, keys: 1 });
    expect(of('planned')).toBeNull();
    expect(of('done')).toMatchObject({ title: expect.stringMatching(/^What was in this organisation was deleted on .*2026$/), text: expect.stringMatching(/^Invoice WB-7 had been open for 90 days, so 2 queues, 1 subscription, 1 key, and all messages were deleted\. It cannot be undone\. Invoices, usage and its evidence are kept/) });
    expect(of('running')?.text).toContain('Paying stops it at once.');
    expect(of('stopped')?.text).toContain('What is left stays.');
  });
});
