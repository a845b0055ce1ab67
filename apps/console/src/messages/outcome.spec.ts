import { describe, expect, it } from '@jest/globals';
import { bodyText } from './body-text.js';
import { outcomeOf } from './outcome.js';

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
  it('says when a release went to the dead letters instead', () => expect(outcomeOf('release', { receipt: 'r', outcome: 'dead_lettered' }).title).toBe('Moved to the dead letters'));
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
