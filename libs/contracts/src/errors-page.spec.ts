import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { errorCodes } from '@waybill/kernel';
import { httpAnswers } from './problem.js';

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
const entries = new Map(
  page.split(/^### /m).slice(1).map((entry) => {
    const [heading = '', ...rest] = entry.split('\n');
    return [heading.trim(), rest.join('\n')];
  }),
);

describe('docs/errors.md', () => {
  it('has an entry for every code and none for a code that does not exist', () => {
    expect([...entries.keys()].sort()).toEqual(Object.keys(errorCodes).sort());
  });

  it.each(Object.keys(errorCodes) as (keyof typeof errorCodes)[])('says of %s its status, whether to repeat, when it happens and what to do', (code) => {
    const entry = entries.get(code) ?? '';
    expect(entry).toContain(`${httpAnswers[code].status}, ${errorCodes[code].retryable ? 'repeat' : 'do not repeat'}`);
    expect(entry).toMatch(/\*\*When\*\* .{20,}/);
    expect(entry).toMatch(/\*\*What to do\*\* .{10,}/);
  });
});
