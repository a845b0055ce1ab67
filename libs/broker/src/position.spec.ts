import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { messageIdOf, positionOf, timeOfMs } from './position.js';

const positions = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

describe('message ids', () => {
  it('turn back into the position they were made from', () => {
    fc.assert(fc.property(positions, (position) => positionOf(messageIdOf(position)) === position));
  });

  it('sort like their positions', () => {
    fc.assert(fc.property(positions, positions, (a, b) => a < b === messageIdOf(a) < messageIdOf(b)));
  });

  it('carry the time they were given out', () => {
    const timeMs = Date.UTC(2026, 10, 21, 12);
    expect(timeOfMs((timeMs - Date.UTC(2026, 0, 1)) * 4096 + 17)).toBe(timeMs);
  });

  it.each(['', 'msg_', 'msg_0000000000', 'msg_000000000000', 'msg_0000000000u', 'MSG_00000000000', 'msg_zzzzzzzzzzz'])('refuse %j', (text) => {
    expect(positionOf(text)).toBeUndefined();
  });
});
