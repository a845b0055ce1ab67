import { describe, expect, it } from '@jest/globals';
import { processorSeconds, processorSecondsIn } from './processor-time.js';

describe('processor time', () => {
  it('is read past a name that looks like fields', () => {
    expect(processorSecondsIn('7 (a (b) 9 9) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1')).toBe(3);
  });

  it('of a process that is gone is unknown', () => {
    expect(processorSeconds(2 ** 30)).toBeUndefined();
  });
});
