import { describe, expect, it } from '@jest/globals';
import { delaysOf, scheduleFault, scheduleName, schedules, scheduleText, scheduleWords } from './schedule.js';

describe('a schedule', () => {
  it('is read as people write it', () => {
    expect(delaysOf('0, 5 s, 5min; 2h, 1 day, 1.5 m')).toEqual([0, 5, 300, 7_200, 86_400, 90]);
    expect(delaysOf('soon')).toBeNull();
    expect(delaysOf('5 weeks')).toBeNull();
  });

  it('stays the same when its text is read again', () => {
    for (const { delaysSeconds } of schedules) expect(delaysOf(scheduleText(delaysSeconds))).toEqual(delaysSeconds);
    expect(delaysOf(scheduleText([90, 5_400, 90_000]))).toEqual([90, 5_400, 90_000]);
  });

  it('is said in words, with its attempts and how long they last', () => {
    expect(scheduleWords(schedules[0].delaysSeconds)).toBe('At once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h: 8 attempts in 1 day 3 h.');
    expect(scheduleWords([0])).toBe('At once, once.');
    expect(scheduleWords([60, 5])).toBe('After 1 min, then after 5 s: 2 attempts in 1 min.');
  });

  it('is refused before the server has to', () => {
    expect(scheduleFault('')).toBe('Enter 1 to 30 delays.');
    expect(scheduleFault(Array(31).fill('1').join())).toBe('Enter 1 to 30 delays.');
    expect(scheduleFault('0, 8d')).toBe('A delay is at most 7 days.');
    expect(scheduleFault('0, x')).toMatch(/^Write each delay/);
    expect(scheduleFault('0, 7d')).toBeNull();
  });

  it('is known by name', () => {
    expect(scheduleName('0, 1 s, 5, 15 s, 1 min')).toBe('quick');
    expect(scheduleName('0, 2 s')).toBe('custom');
  });
});
