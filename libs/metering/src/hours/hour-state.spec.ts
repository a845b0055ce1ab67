import { describe, expect, it } from '@jest/globals';
import { hourStateOf, sealableThrough } from './hour-state.js';

const hour = 3_600_000;
const minute = 60_000;
const start = 496_032 * hour;

describe('the state of an hour', () => {
  it('goes from open to settling five minutes after its end, and to sealed when it is', () => {
    expect(hourStateOf(start, start, start + hour - 1)).toBe('open');
    expect(hourStateOf(start, start, start + hour + 5 * minute - 1)).toBe('open');
    expect(hourStateOf(start, start, start + hour + 5 * minute)).toBe('settling');
    expect(hourStateOf(start, start + hour, start + hour + 5 * minute)).toBe('sealed');
  });

  it('may be sealed once everything counted in it is booked, and not before five minutes have passed', () => {
    const facts = { nowMs: start + hour + 5 * minute, asOfMs: start + hour, hourlyThroughMs: start + hour };
    expect(sealableThrough(facts).throughMs).toBe(start + hour);
    expect(sealableThrough({ ...facts, nowMs: facts.nowMs - 1 }).throughMs).toBe(start);
    expect(sealableThrough({ ...facts, asOfMs: start + hour - 1 }).throughMs).toBe(start);
    expect(sealableThrough({ ...facts, hourlyThroughMs: start }).throughMs).toBe(start);
  });

  it('must be sealed an hour after its end', () => {
    const stuck = { asOfMs: 0, hourlyThroughMs: 0 };
    expect(sealableThrough({ ...stuck, nowMs: start + 2 * hour - 1 }).deadlineMs).toBe(start);
    expect(sealableThrough({ ...stuck, nowMs: start + 2 * hour }).deadlineMs).toBe(start + hour);
  });
});
