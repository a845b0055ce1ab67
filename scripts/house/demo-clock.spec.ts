import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { clockKey, inDemoTime } from '../demo/demo-clock.mjs';
import { targetOf } from '../demo/clock-command.mjs';
import { nextMonthMs } from '../demo/clock.mjs';
import { root, sourceFiles } from './files.js';

const scripts = sourceFiles('{libs,apps}/**/*.lua').map((file) => ({ file, source: readFileSync(path.join(root, file), 'utf8') }));
const timed = scripts.filter(({ source }) => source.includes("'TIME'") || /'XADD', [^,]+, '\*'/.test(source));

describe('the clock of a demonstration', () => {
  it('is told by every script of the product that tells the time', () => {
    expect(timed.map(({ file }) => path.basename(file))).toEqual(expect.arrayContaining(['position.lua', 'seal.lua', 'state.lua', 'take-tokens.lua', 'queue.lua', 'publish-plain.lua', 'push-settle.lua']));
    for (const { file, source } of timed) {
      const told = inDemoTime(source);
      const reads = told.match(/redis\.call\('TIME'\)/g)?.length ?? 0;
      expect({ file, machine: reads - (told.split(clockKey).length - 1), unnamed: /'XADD', [^,]+, '\*'/.test(told) }).toEqual({ file, machine: 0, unnamed: false });
    }
  });

  it('leaves scripts alone that tell no time', () => {
    const others = scripts.filter((script) => !timed.includes(script));
    expect(others.length).toBeGreaterThan(0);
    expect(others.filter(({ source }) => inDemoTime(source) !== source)).toEqual([]);
  });

  it('goes by hours, days and weeks, or to ten minutes after the end of the month', () => {
    const now = Date.UTC(2026, 11, 30, 9);
    expect(['+3h', '+1d', '+2w', 'month'].map((word) => new Date(targetOf(word, now)).toISOString())).toEqual([
      '2026-12-30T12:00:00.000Z', '2026-12-31T09:00:00.000Z', '2027-01-13T09:00:00.000Z', '2027-01-01T00:10:00.000Z',
    ]);
    for (const word of ['1d', '+0d', '+1y', '-1d', '+1.5d']) expect(() => targetOf(word, now)).toThrow('npm run demo:clock');
    expect(nextMonthMs(Date.UTC(2027, 0, 1))).toBe(Date.UTC(2027, 1, 1));
  });
});
