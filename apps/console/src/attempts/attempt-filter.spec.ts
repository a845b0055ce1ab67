import { describe, expect, it } from '@jest/globals';
import { attemptFilterOf, isFiltered, momentAt, wallClock } from './attempt-filter.js';
import { answerLine, reasonWords } from './outcome-words.js';

describe('the filter of attempts in an address', () => {
  it('is read back as it was written', () => {
    const filter = { message: 'msg_1', outcome: 'failed', status: 503, from: '2026-03-10T00:00:00.000Z', to: '2026-03-11T00:00:00.000Z' } as const;
    expect(attemptFilterOf({ ...filter })).toEqual(filter);
    expect(attemptFilterOf({ status: '200' })).toEqual({ status: 200 });
  });

  it('leaves out what it does not understand, so that the page opens', () => {
    expect(attemptFilterOf({ message: '', outcome: 'lost', status: 'many', from: 'yesterday', other: 1 })).toEqual({});
    expect(attemptFilterOf({ status: 1_000 })).toEqual({});
  });

  it('knows whether it leaves anything out', () => {
    expect(isFiltered({})).toBe(false);
    expect(isFiltered({ status: 0 })).toBe(true);
  });

  it('keeps a moment through the field of a form', () => {
    expect(momentAt(wallClock('2026-03-10T12:34:00.000Z'))).toBe('2026-03-10T12:34:00.000Z');
    expect(momentAt('')).toBeUndefined();
  });
});

describe('what came back', () => {
  it('is the status, or why there is none', () => {
    expect(answerLine({ status: 503, reason: null })).toBe('Status 503');
    expect(answerLine({ status: null, reason: 'connection_refused' })).toBe('Connection refused');
    expect(answerLine({ status: null, reason: null })).toBe('No status');
  });

  it('says a reason that it does not know as it is', () => {
    expect(reasonWords('timeout')).toBe('No answer came in time.');
    expect(reasonWords('egress_private_address')).toBe('Calls to such an address are not allowed: private address.');
    expect(reasonWords('ran_away')).toBe('Ran away.');
  });
});
