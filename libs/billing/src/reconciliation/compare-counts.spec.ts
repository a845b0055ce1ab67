import { describe, expect, it } from '@jest/globals';
import type { TenantId } from '@waybill/kernel';
import { periodAt } from '../invoices/period.js';
import { e12 } from '../money/amount.js';
import { catalogue } from '../prices/catalogue.js';
import type { PushState } from '../stripe/meters/meter-push.js';
import { compareCounts } from './compare-counts.js';
import type { ToCompare } from './compare-counts.js';
import type { HourCounts } from './counts.store.js';

const october = Date.UTC(2026, 9, 1);
const hour = 3_600_000;
const messages = 'mq_messages';
const book = catalogue.find(({ name }) => name === 'list')!;
const million = 1_000_000n;

interface Hour {
  readonly ledger: bigint;
  readonly log?: bigint | null;
  readonly entries?: bigint;
  readonly late?: bigint;
  readonly push?: readonly [bigint, PushState];
  readonly summary?: bigint;
}

/** One meter, hour by hour from the first of the month on; with Stripe unless it is said. */
function compare(hours: readonly Hour[], more: Partial<Pick<ToCompare, 'invoice' | 'sealedThroughMs'>> & { meter?: string; line?: readonly [bigint, bigint]; stripe?: false } = {}) {
  const at = (index: number) => october + index * hour;
  const { line, stripe, meter = messages, ...given } = more;
  return compareCounts({
    tenantId: 'tnt_1' as TenantId, period: periodAt(october), book, sealedThroughMs: Infinity, invoice: null, ...given,
    hours: hours.map(({ ledger, log = null, entries = ledger, late = 0n }, index): HourCounts => ({ meter, hourMs: at(index), ledger, entries, late, log })),
    stripe: stripe === false ? null : {
      fromMs: october, toMs: Infinity, lines: line === undefined ? null : [{ dimension: meter, lineId: null, quantity: line[0], amountCents: line[1] }], preview: null,
      pushes: hours.flatMap(({ push }, index) => (push === undefined ? [] : [{ meter, hourMs: at(index), quantity: push[0], state: push[1] }])),
      summaries: new Map([[meter, new Map(hours.flatMap(({ summary }, index) => (summary === undefined ? [] : [[at(index), summary] as const])))]]),
    },
  });
}
const causes = (...given: Parameters<typeof compare>) => compare(...given).map(({ cause }) => cause);
const sent = (units: bigint): Pick<Hour, 'push' | 'summary'> => ({ push: [units, 'confirmed'], summary: units });

describe('the reconciliation report', () => {
  it('has nothing to say when log, ledger, entries, pushes, sums and both invoices agree', () => {
    const invoice = [{ meter: messages, quantity: 8n, amountCents: 3n }];
    expect(compare([{ ledger: 5n, log: 5n, ...sent(5n) }, { ledger: 0n }, { ledger: 3n, log: null, ...sent(3n) }], { invoice, line: [8n, 3n] })).toEqual([]);
  });

  it('compares hours, and no lines, of a meter that the price list does not bill', () => {
    const meter = 'mq_message_units';
    expect(compare([{ ledger: 5n, ...sent(5n) }], { meter, invoice: [], line: [0n, 0n] })).toEqual([]);
    expect(compare([{ ledger: 5n, ...sent(4n) }], { meter, invoice: [] })).toMatchObject([{ meter, scope: 'hour', cause: 'not_sent', atStakeE12: 0n }]);
  });

  it('names the cause of every hour that differs from Stripe, with what is at stake at the highest price, oldest first', () => {
    const found = compare([
      { ledger: million },
      { ledger: million, push: [million, 'pending'] },
      { ledger: million, push: [million, 'parked'] },
      { ledger: million, push: [million, 'too_old'] },
      { ledger: million, push: [million, 'accepted'] },
      { ledger: million, push: [million, 'confirmed'], summary: 2n * million },
      { ledger: million, ...sent(2n * million) },
    ]);
    expect(found.map(({ cause, atStakeE12 }) => [cause, atStakeE12])).toEqual(
      ['not_sent', 'waiting', 'parked', 'too_old', 'stripe_lag', 'overwritten', 'not_sent'].map((cause) => [cause, 40n * e12]),
    );
    expect(found[2]).toMatchObject({ atMs: october + 2 * hour, pushed: null, summary: 0n, ledger: million });
  });

  it('tells a lost counter, a lost log, a changed ledger and late usage apart', () => {
    expect(causes([{ ledger: 5n, log: 6n }, { ledger: 5n, log: 4n }, { ledger: 5n, entries: 4n }, { ledger: 5n, log: 7n, late: 2n }, { ledger: 5n, log: 5n }], { stripe: false })).toEqual(['lost_counter', 'lost_log', 'ledger_changed', 'late']);
  });

  it('says a parked push before it says that usage came late', () => {
    expect(causes([{ ledger: 5n, late: 2n, push: [5n, 'parked'] }])).toEqual(['parked']);
  });

  it('asks nothing of Stripe for hours that are not sealed, or that it does not bill', () => {
    expect(causes([{ ledger: 5n, ...sent(5n) }, { ledger: 5n }], { sealedThroughMs: october + hour })).toEqual([]);
    expect(compare([{ ledger: 5n }], { stripe: false })).toEqual([]);
  });

  it('finds an invoice, ours or that of Stripe, that is not the sum of the hours', () => {
    const whole = [{ ledger: 5n, ...sent(5n) }];
    expect(compare(whole, { invoice: [{ meter: messages, quantity: 4n, amountCents: 0n }], line: [5n, 0n] })).toMatchObject([{ cause: 'invoice', scope: 'period', ledger: 5n, invoice: 4n, stripeLine: 5n }]);
    expect(causes(whole, { invoice: [{ meter: messages, quantity: 5n, amountCents: 0n }], line: [4n, 0n] })).toEqual(['stripe_invoice']);
    expect(causes([{ ledger: 5n }], { stripe: false, invoice: [] })).toEqual(['invoice']);
  });

  it('finds a price that differs though every unit agrees, worth the cents apart', () => {
    expect(compare([{ ledger: 5n, ...sent(5n) }], { invoice: [{ meter: messages, quantity: 5n, amountCents: 12n }], line: [5n, 9n] })).toMatchObject([{ cause: 'price', atStakeE12: 3n * e12 }]);
  });
});
