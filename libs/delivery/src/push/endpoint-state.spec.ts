import { describe, expect, it } from '@jest/globals';
import type { Answer } from '../destination.js';
import { answerOf, subscriptionOf } from '../testing/push.js';
import { afterAnswer, alertDue, callsAllowed, encodeState, freshState, longestHoldMs, stateFor } from './endpoint-state.js';
import type { EndpointState } from './endpoint-state.js';

const hour = 3_600_000;
const subscription = subscriptionOf({ circuitFailures: 3, circuitOpenMs: 30_000, concurrency: 16 });
const start = freshState(subscription);

const after = (state: EndpointState, answer: Answer, nowMs: number, startedAtMs = nowMs) => afterAnswer(state, subscription, answer, startedAtMs, nowMs);
const failing = (times: number, nowMs: number, from = start) => Array.from({ length: times }).reduce<EndpointState>((state) => after(state, answerOf('failed'), nowMs), from);

describe('the circuit', () => {
  it('opens after so many failures in a row, and lets one probe through when its time is over', () => {
    expect(callsAllowed(failing(2, 1_000), 16, 1_000).calls).toBe(16);
    const open = failing(3, 1_000);
    expect(callsAllowed(open, 16, 30_999)).toEqual({ calls: 0, fromMs: 31_000 });
    expect(callsAllowed(open, 16, 31_000).calls).toBe(1);
  });

  it('opens again when the probe fails, and closes when it succeeds', () => {
    const open = failing(3, 1_000);
    expect(callsAllowed(failing(1, 31_000, open), 16, 60_999).calls).toBe(0);
    const closed = after(open, answerOf('delivered'), 31_000);
    expect(callsAllowed(closed, 16, 31_000).calls).toBe(16);
    expect(closed).toMatchObject({ failures: 0, failingSinceMs: null });
  });

  it('does not open when a success comes between', () => {
    expect(failing(2, 3_000, after(failing(2, 1_000), answerOf('delivered'), 2_000)).openUntilMs).toBe(0);
  });

  it('closes when the destination refuses a message: it answers', () => {
    expect(after(failing(3, 1_000), answerOf('rejected'), 31_000)).toMatchObject({ failures: 0, openUntilMs: 0, failingSinceMs: 1_000 });
  });
});

describe('the pace', () => {
  it('is halved by a destination that asks for fewer calls, once for all calls that were under way', () => {
    const slow = after(start, answerOf('slow_down', { status: 429 }), 1_000, 900);
    expect(slow.pace).toBe(8);
    expect(after(slow, answerOf('slow_down', { status: 429 }), 1_001, 950).pace).toBe(8);
    expect(after(slow, answerOf('slow_down', { status: 429 }), 2_500, 2_400).pace).toBe(4);
  });

  it('holds all calls back as long as the destination asks, an hour at most', () => {
    const held = after(start, answerOf('slow_down', { retryAfterMs: 5_000 }), 1_000);
    expect(callsAllowed(held, 16, 5_999)).toEqual({ calls: 0, fromMs: 6_000 });
    expect(callsAllowed(held, 16, 6_000).calls).toBe(8);
    expect(after(start, answerOf('slow_down', { retryAfterMs: 10 ** 12 }), 1_000).holdUntilMs).toBe(1_000 + longestHoldMs);
  });

  it('comes back step by step while calls succeed', () => {
    let state = after(start, answerOf('slow_down'), 1_000);
    const paces: number[] = [];
    for (let i = 0; i < 500 && state.pace !== null; i += 1) {
      paces.push(state.pace);
      state = after(state, answerOf('delivered'), 2_000);
    }
    expect(state.pace).toBeNull();
    expect(paces.length).toBeGreaterThan(50);
    expect([...paces].sort((a, b) => a - b)).toEqual(paces);
  });
});

describe('the way to being disabled', () => {
  const limit = 100 * hour;
  const since = (percent: number): [EndpointState, number] => [failing(1, 0), percent * hour];

  it('has steps at 50, 70, 90 and 100 percent, each told once', () => {
    const told: (number | null)[] = [];
    let state = failing(1, 0);
    for (let now = 10; now <= 100; now += 10) {
      state = failing(1, now * hour, state);
      const percent = alertDue(state, limit, now * hour);
      if (percent !== null) state = { ...state, alerted: percent };
      told.push(percent);
    }
    expect(told).toEqual([null, null, null, null, 50, null, 70, null, 90, 100]);
  });

  it('tells the highest step when several are due', () => {
    const [state, now] = since(95);
    expect(alertDue(state, limit, now)).toBe(90);
  });

  it('begins anew with a success, and when nothing was called for a day', () => {
    expect(after(failing(1, 0), answerOf('delivered'), 60 * hour)).toMatchObject({ failingSinceMs: null, alerted: 0 });
    expect(failing(1, 25 * hour, failing(1, 0)).failingSinceMs).toBe(25 * hour);
    expect(failing(1, 23 * hour, failing(1, 0)).failingSinceMs).toBe(0);
  });
});

describe('the state a worker left', () => {
  it('holds for the next one', () => {
    const state = failing(3, 1_000);
    expect(stateFor(subscription, encodeState(state))).toEqual(state);
    expect(stateFor(subscription, null)).toEqual(start);
  });

  it('opens no circuit for settings that were changed meanwhile', () => {
    const moved = subscriptionOf(subscription.delivery, { settings: { url: 'https://elsewhere.example' } });
    expect(stateFor(moved, encodeState(failing(3, 1_000)))).toMatchObject({ failures: 0, openUntilMs: 0, failingSinceMs: 1_000 });
  });

  it('is forgotten when it was disabled and is enabled again', () => {
    expect(stateFor(subscription, encodeState({ ...failing(3, 0), alerted: 100 }))).toMatchObject({ failures: 0, failingSinceMs: null, alerted: 0 });
  });
});
