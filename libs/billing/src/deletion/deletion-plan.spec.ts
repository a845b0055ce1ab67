import { describe, expect, it } from '@jest/globals';
import { planDeletion } from './deletion-plan.js';
import type { DeletionFacts } from './deletion-plan.js';

const day = 86_400_000;
const at = (days: number) => days * day;
const plan = (facts: Partial<DeletionFacts>, now: number) => {
  const { plannedAtMs, lastNoticeAtMs, waitsFor } = planDeletion({ overdueSinceMs: 0, noticeToldAtMs: null, lastNoticeToldAtMs: null, renewedAtMs: null, held: false, ...facts }, at(now));
  return [plannedAtMs / day, lastNoticeAtMs === null ? null : lastNoticeAtMs / day, waitsFor];
};

describe('the day of deletion', () => {
  it('is day 90 after notices on day 60 and 83', () => {
    expect(plan({}, 60)).toEqual([90, null, 'notice']);
    expect(plan({ noticeToldAtMs: at(60) }, 61)).toEqual([90, 83, 'last_notice']);
    expect(plan({ noticeToldAtMs: at(60), lastNoticeToldAtMs: at(83) }, 90)).toEqual([90, 83, null]);
  });

  it('moves with a notice that could not be sent: 30 days after the first, seven after the last, never less', () => {
    expect(plan({}, 75)).toEqual([105, null, 'notice']);
    expect(plan({ noticeToldAtMs: at(75) }, 76)).toEqual([105, 98, 'last_notice']);
    expect(plan({ noticeToldAtMs: at(60) }, 95)).toEqual([102, 83, 'last_notice']);
    expect(plan({ noticeToldAtMs: at(60), lastNoticeToldAtMs: at(88) }, 89)).toEqual([95, 83, null]);
  });

  it('is told of once more, seven days before, when a hold ended; nothing happens while it lasts', () => {
    expect(plan({ noticeToldAtMs: at(60), lastNoticeToldAtMs: at(83), held: true }, 95)).toEqual([90, 83, 'hold']);
    expect(plan({ noticeToldAtMs: at(60), renewedAtMs: at(120) }, 120)).toEqual([127, 120, 'last_notice']);
    expect(plan({ noticeToldAtMs: at(60), renewedAtMs: at(120), lastNoticeToldAtMs: at(121) }, 128)).toEqual([128, 120, null]);
  });
});
