import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { walkMonths } from '../../../scripts/demo/months.mjs';
import { startStack } from '../../../scripts/local/stack.mjs';
import type { Stack } from '../../../scripts/local/stack.mjs';

let stack: Stack;
const folder = mkdtempSync(path.join(tmpdir(), 'waybill-demo-'));
beforeAll(async () => {
  stack = await startStack({ demo: true, databaseServerUrl: process.env['WAYBILL_TEST_DATABASE_URL'], settings: { LOG_LEVEL: 'warn', STRIPE_AUTOMATIC_TAX: 'true' } });
});
afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('a month whose payment fails, with Stripe played by the double', () => {
  it('ends paid, after dunning, with ledger = pushed = sums of Stripe = both invoices to the unit and cent, and its export computes to the same', async () => {
    const told: string[] = [];
    const walked = await walkMonths(stack, { folder, short: true, orders: 300, write: (line) => void told.push(line) });
    const cents = BigInt(walked.totalCents);
    expect(walked.invoices).toEqual([{ number: walked.number, totalCents: walked.totalCents }]);
    expect(walked.number).toMatch(/^WB-\d{4}-000001$/);
    expect(cents).toBeGreaterThan(150n);
    expect(walked.stages).toEqual([0, 3]);
    expect(walked.verified).toMatch(new RegExp(`^equal: ${walked.number} .*${cents / 100n}\\.${String(cents % 100n).padStart(2, '0')} USD`));
    expect(existsSync(walked.pdf) && readFileSync(walked.pdf).subarray(0, 5).toString()).toBe('%PDF-');
    // The demonstration's own time, which went from one month over the end of the next.
    const moments = told.map((line) => line.slice(0, 16));
    expect(moments).toEqual([...moments].sort());
    expect(told.filter((line) => line.includes('ledger = pushed = '))).toHaveLength(1);
  }, 400_000);
});
