import { describe, expect, it } from '@jest/globals';
import { overdueWords } from './overdue-words.js';

const at = (day: number, stopped: Parameters<typeof overdueWords>[0]['stopped']) => overdueWords({ day, stopped, overdueSince: '2026-01-15T00:00:00.000Z', deletionAt: '2026-04-15T00:00:00.000Z' });

describe('the words for an overdue invoice', () => {
  it('say what comes before anything is stopped, what is stopped then, and from day 60 on when everything goes', () => {
    expect(at(7, [])).toBe('After 14 days no queues can be made, after 30 days publishing stops, after 37 days receiving. All of it ends at once when the invoice is paid.');
    expect(at(37, ['new_queues', 'publishing', 'consuming'])).toBe('Refused until it is paid: making queues, publishing, receiving and pushing. All of it ends at once when the invoice is paid.');
    expect(at(60, ['publishing'])).toMatch(/^Refused until it is paid: publishing\. Everything of this organisation is due for deletion on .*2026\. All/);
  });
});
