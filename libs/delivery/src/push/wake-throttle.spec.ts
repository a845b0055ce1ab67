import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { SubscriptionId } from '@waybill/kernel';
import { WakeThrottle } from './wake-throttle.js';

const id = 'sub_1' as SubscriptionId;
beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('the throttle of wakes', () => {
  it('says the first one at once, and the last one of many after its time', () => {
    const said: number[] = [];
    const throttle = new WakeThrottle(500, () => said.push(Date.now()));
    const startMs = Date.now();
    for (let i = 0; i < 10; i += 1) throttle.heard(id);
    expect(said).toEqual([startMs]);
    jest.advanceTimersByTime(5_000);
    expect(said).toEqual([startMs, startMs + 500]);
  });

  it('keeps subscriptions apart, and says nothing after it was stopped', () => {
    const said: string[] = [];
    const throttle = new WakeThrottle(500, (which) => said.push(which));
    throttle.heard(id);
    throttle.heard('sub_2' as SubscriptionId);
    throttle.heard(id);
    throttle.stop();
    jest.advanceTimersByTime(5_000);
    expect(said).toEqual(['sub_1', 'sub_2']);
  });
});
