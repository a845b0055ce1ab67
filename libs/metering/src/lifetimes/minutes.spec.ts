import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Lifetime } from './minutes.js';
import { minutesIn } from './minutes.js';

const hour = 3_600_000;
const start = 496_032 * hour;
/** Seconds after the start of the hour. */
const life = (bornS: number, goneS: number | null, name = 'q', id = `q_${name}_${bornS}`): Lifetime => ({
  kind: 'queue', name, resourceId: id, bornMs: start + bornS * 1_000, goneMs: goneS === null ? null : start + goneS * 1_000,
});
const total = (lives: readonly Lifetime[], at = start) => [...minutesIn(lives, at).values()].reduce((sum, minutes) => sum + minutes, 0);

describe('the minutes of an hour', () => {
  it.each([
    ['all of it', [life(-10_000, null)], 60],
    ['40 seconds across a full minute', [life(30, 70)], 1],
    ['61 seconds', [life(30, 91)], 2],
    ['no time at all', [life(30, 30)], 1],
    ['the last second, and on', [life(3_599, 9_999)], 1],
    ['gone as the hour began', [life(-60, 0)], 0],
    ['made as the hour ends', [life(3_600, null)], 0],
    ['two names', [life(0, 60, 'a'), life(0, 60, 'b')], 2],
    ['deleted and made again within a minute', [life(0, 30), life(31, 60)], 1],
    ['deleted, and made again in a later minute', [life(0, 30), life(90, 100)], 2],
    ['made again while the minute is paid, and on', [life(0, 10), life(20, 130)], 3],
  ])('%s', (_name, lives, minutes) => {
    expect(total(lives)).toBe(minutes);
  });

  it('8: a name that is created and deleted 1,000 times in an hour costs at most 60, and at least 1', () => {
    const churn = (everyMs: number, aliveMs: number) => Array.from({ length: 1_000 }, (_, i): Lifetime => ({ kind: 'queue', name: 'q', resourceId: `q_${i}`, bornMs: start + i * everyMs, goneMs: start + i * everyMs + aliveMs }));
    expect(total(churn(3_600, 3_600))).toBe(60);
    expect(total(churn(3_600, 1))).toBe(59);
    expect(total(churn(3, 1))).toBe(1);
  });

  it('are counted on who was there when they began', () => {
    const lives = [life(0, 30, 'q', 'q_1'), life(31, 100, 'q', 'q_2')];
    expect([...minutesIn(lives, start)].map(([{ resourceId }, minutes]) => [resourceId, minutes])).toEqual([['q_1', 1], ['q_2', 1]]);
  });

  it('agree with walking through the hour second by second', () => {
    const lives = fc.array(fc.record({ name: fc.constantFrom('a', 'b'), gap: fc.nat({ max: 400 }), length: fc.nat({ max: 900 }) }), { maxLength: 12 }).map((parts) => {
      const at = new Map<string, number>();
      return parts.map(({ name, gap, length }, i) => {
        const born = (at.get(name) ?? -600) + gap;
        at.set(name, born + length);
        return life(born, born + length, name, `q_${i}`);
      });
    });
    fc.assert(
      fc.property(lives, (all) => {
        let walked = 0;
        for (const name of ['a', 'b']) {
          const own = all.filter((each) => each.name === name);
          let paid = -Infinity;
          for (let second = 0; second < 3_600; second += 1) {
            const at = start + second * 1_000;
            const exists = own.some(({ bornMs, goneMs }) => bornMs <= at && (at < goneMs! || (goneMs === bornMs && at === bornMs)));
            if (exists && at >= paid) {
              walked += 1;
              paid = at + 60_000;
            }
          }
        }
        expect(total(all)).toBe(walked);
        expect(walked).toBeLessThanOrEqual(120);
      }),
    );
  });
});
