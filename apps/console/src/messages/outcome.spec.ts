import { describe, expect, it } from '@jest/globals';
import { bodyText } from './body-text.js';
import { outcomeOf } from './outcome.js';
import { receiptWords } from './receipt-words.js';

describe('the outcome of settling', () => {
  it('says that a lost lease changed nothing and takes the message away', () => {
    const problem = { type: '', title: 'The lease was lost', status: 409, code: 'lease_lost', detail: '', retryable: false };
    expect(outcomeOf('accept', { receipt: 'r', outcome: 'failed', problem })).toMatchObject({ good: false, over: true, title: 'The lease was lost' });
  });

  it('keeps the message when another refusal leaves the lease alone', () => {
    const problem = { type: '', title: 'The receipt is not valid', status: 400, code: 'receipt_invalid', detail: 'Send the receipt exactly as it was received.', retryable: false };
    expect(outcomeOf('reject', { receipt: 'r', outcome: 'failed', problem })).toEqual({ good: false, over: false, title: problem.title, detail: problem.detail });
  });

  it('keeps the message after its lease was extended', () => expect(outcomeOf('extend', { receipt: 'r', outcome: 'extended' })).toMatchObject({ good: true, over: false }));
  it('says that a deferred message waits under its key', () => expect(outcomeOf('release', { receipt: 'r', outcome: 'deferred' })).toMatchObject({ good: true, over: true, title: 'Set aside' }));
  it('says when a release went to the dead letters instead', () => expect(outcomeOf('release', { receipt: 'r', outcome: 'dead_lettered' }).title).toBe('Moved to the dead letters'));
});

describe('a publish receipt', () => {
  const units = { messages: 1, kibIn: 1, exchangePasses: 1, queuePasses: 1 };
  const receipt = { id: 'msg_1', exchanges: ['orders'], queues: ['bills'], units };

  it('says where the message is and what it was counted as', () => {
    expect(receiptWords(receipt)).toEqual({
      good: true, title: 'Stored in 1 queue', lines: ['Passed orders.', 'Now in bills.', 'Counted as 1 message, 1 KiB, 1 exchange pass, 1 stored copy.'],
    });
  });

  it('warns when one of the queues was full, and names the limit', () => {
    const words = receiptWords({ ...receipt, refused: [{ queue: 'archive', code: 'queue_full', limit: 'maxBytes' }] });
    expect(words).toMatchObject({ good: false, title: 'Stored in 1 queue' });
    expect(words.lines).toContain('archive did not take it: its limit of bytes is reached.');
  });

  it('says that a duplicate was stored before, under which id, and costs nothing', () => {
    const words = receiptWords({ ...receipt, queues: [], duplicates: [{ queue: 'bills', originalId: 'msg_0' }], units: { messages: 0, kibIn: 0, exchangePasses: 0, queuePasses: 0 } });
    expect(words).toMatchObject({ good: true, title: 'Stored before' });
    expect(words.lines).toContain('bills had stored it before, as msg_0.');
    expect(words.lines.join(' ')).not.toContain('Counted as');
  });

  it('warns when every queue was full, and when none matched', () => {
    expect(receiptWords({ ...receipt, queues: [], refused: [{ queue: 'bills', code: 'queue_full', limit: 'maxMessages' }] })).toMatchObject({ good: false, title: 'Refused: full' });
    expect(receiptWords({ ...receipt, queues: [] })).toMatchObject({ good: false, title: 'Accepted, but no queue matched' });
  });
});

describe('a body on screen', () => {
  it('is indented when it is JSON', () => expect(bodyText({ body: '{"a":1}', bodyEncoding: 'utf8', contentType: 'application/json' }).text).toBe('{\n  "a": 1\n}'));
  it('is left alone when it only claims to be JSON', () => expect(bodyText({ body: '{"a":', bodyEncoding: 'utf8', contentType: 'application/json' }).text).toBe('{"a":'));
  it('says that bytes are shown as base64', () => expect(bodyText({ body: '/w==', bodyEncoding: 'base64', contentType: 'image/png' })).toEqual({ text: '/w==', note: 'not text, shown as base64' }));
  it('is cut with a word about it', () => {
    const { text, note } = bodyText({ body: 'x'.repeat(30_000), bodyEncoding: 'utf8', contentType: 'text/plain' });
    expect([text.length, note]).toEqual([20_000, 'first 20,000 characters']);
  });
});
