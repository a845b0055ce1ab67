import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { withoutCounters } from './without-counters.js';

const script = (name: string) => readFileSync(new URL(`../../../libs/broker/src/redis/lua/${name}.lua`, import.meta.url), 'utf8');

describe('a script without its counters', () => {
  it.each([['publish-plain', 5], ['publish', 6], ['claim', 1]])('%s has no line left that counts, and every other line', (name, least) => {
    const { text, removed } = withoutCounters(script(name));
    expect(removed).toBeGreaterThanOrEqual(least);
    expect(text).not.toMatch(/^(?!.*local function).*(count_up|count_usage)\(/m);
    const gone = script(name).split('\n').filter((line) => !text.split('\n').includes(line));
    expect(gone.filter((line) => !/count_up\(|count_usage\(/.test(line))).toEqual([]);
  });
});
