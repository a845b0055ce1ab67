import type { Position } from '@waybill/broker';
import { timeOfMs } from '@waybill/broker';

const perMs = 4_096;
const epochMs = timeOfMs(0);

/** The first position that is given out in a millisecond; libs/broker/src/position.ts has the rule. */
export function positionAtMs(atMs: number): Position {
  return Math.max(0, (atMs - epochMs) * perMs);
}
