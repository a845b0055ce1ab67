import { describe, expect, it } from '@jest/globals';
import type { TenantId } from '@waybill/kernel';
import { periodAt } from '../invoices/period.js';
import { catalogue } from '../prices/catalogue.js';
import type { StripeLine } from '../stripe/invoices/invoice-comparison.js';
import type { PushState } from '../stripe/meters/meter-push.js';
import type { StripeCounts } from './compare-counts.js';
import { comparePreview } from './compare-preview.js';
import type { StripePreview } from './compare-preview.js';

const october = Date.UTC(2026, 9, 1);
const hour = 3_600_000;
const meter = 'mq_messages';
const book = catalogue.find(({ name }) => name === 'list')!;
const million = 1_000_000n;

interface Hour {
  readonly ledger: bigint;
  readonly push?: readonly [bigint, PushState];
  readonly summary?: bigint;
}
const line = (quantity: bigint, amountCents: bigint, more: Partial<StripeLine> = {}): StripeLine => ({ dimension: meter, lineId: null, quantity, amountCents, ...more });
const sent = (units: bigint): Hour => ({ ledger: units, push: [units, 'confirmed'], summary: units });

/** One meter in the first hours of October; the last one is not sealed. */
function compare(hours: readonly Hour[], preview: Partial<StripePreview> | Exclude<StripeCounts['preview'], StripePreview>) {
  const at = (index: number) => october + index * hour;
  return comparePreview({
    tenantId: 'tnt_1' as TenantId, period: periodAt(october), book, sealedThroughMs: at(hours.length - 1), invoice: null,
    hours: hours.map(({ ledger }, index) => ({ meter, hourMs: at(index), ledger, entries: ledger, late: 0n, log: null })),
    stripe: {
      fromMs: october, toMs: Infinity, lines: null, pushes: hours.flatMap(({ push }, index) => (push === undefined ? [] : [{ meter, hourMs: at(index), quantity: push[0], state: push[1] }])),
      summaries: new Map([[meter, new Map(hours.flatMap(({ summary }, index) => (summary === undefined ? [] : [[at(index), summary] as const])))]]),
      preview: typeof preview === 'string' || preview === null ? preview : { currency: 'USD', periodEndMs: periodAt(october).endMs, creditCents: 0n, lines: [], ...preview },
    },
  });
}
const short = (...given: Parameters<typeof compare>) => compare(...given).map(({ meter: of, cause, atMs, ledger, preview, cents }) => [of, cause, (atMs - october) / hour, ledger, preview, cents?.ours, cents?.theirs]);

describe("our preview of the running month beside Stripe's", () => {
  it('agrees on what is sealed, however Stripe splits a price into lines, and says nothing of a month that has none', () => {
    expect(short([sent(2n * million), sent(million), { ledger: 7n }], { lines: [line(million, 0n), line(2n * million, 80n)] })).toEqual([]);
    expect(short([{ ledger: 5n }, { ledger: 0n }], null)).toEqual([]);
  });

  it.each([
    [{ ledger: million }, 'not_sent'], [{ ledger: million, push: [million, 'pending'] }, 'waiting'], [{ ledger: million, push: [million, 'accepted'] }, 'stripe_lag'], [{ ledger: million, push: [million, 'parked'] }, 'parked'],
    [{ ledger: million, push: [million, 'too_old'] }, 'too_old'], [{ ledger: million, push: [million, 'confirmed'], summary: 1n }, 'overwritten'], [sent(million), 'preview'],
  ] as const)('names the hour and the cause of a quantity that differs: %o is %s', (missing, cause) => {
    expect(short([sent(2n * million), missing, { ledger: 0n }], { lines: [line(2n * million, 40n)] })).toEqual([[meter, cause, cause === 'preview' ? 0 : 1, 3n * million, 2n * million, 80n, 40n]]);
  });

  it('names what a person must look at before what passes by itself', () => {
    expect(compare([{ ledger: 1n, push: [1n, 'accepted'] }, { ledger: 1n }, { ledger: 1n, push: [1n, 'parked'] }, { ledger: 0n }], {})).toMatchObject([{ cause: 'parked', atMs: october + 2 * hour }]);
  });

  it('finds another price, another currency, another month, foreign lines and credit that was not granted', () => {
    const good = [sent(3n * million), { ledger: 0n }];
    expect(short(good, { lines: [line(3n * million, 81n)] })).toEqual([[meter, 'price', 0, 3n * million, 3n * million, 80n, 81n]]);
    expect(short(good, { currency: 'EUR', lines: [] })).toEqual([['', 'currency', 0, 0n, null, 0n, 0n]]);
    expect(short(good, { periodEndMs: october, lines: [] })).toEqual([['', 'period', 0, 0n, null, 0n, 0n]]);
    expect(short(good, { lines: [line(3n * million, 80n), line(1n, 500n, { dimension: null })], creditCents: 20n })).toEqual([['', 'foreign_line', 0, 0n, null, 0n, 500n], ['', 'stripe_credit', 0, 0n, null, 0n, -20n]]);
  });

  it.each(['customer_deleted', 'no_subscription'] as const)('counts all that would not be billed as at stake with %s', (why) => {
    expect(compare([sent(3n * million), { ledger: 0n }], why)).toMatchObject([{ meter, cause: why, ledger: 3n * million, preview: null, cents: { ours: 80n, theirs: 0n }, atStakeE12: 120n * 10n ** 12n }]);
  });
});
