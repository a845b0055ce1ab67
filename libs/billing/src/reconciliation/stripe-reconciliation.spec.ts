import { describe, expect, it } from '@jest/globals';
import type { Caller, TenantId } from '@waybill/kernel';
import { HeldClock } from '@waybill/kernel';
import { periodAt } from '../invoices/period.js';
import { catalogue } from '../prices/catalogue.js';
import type { StripeLine } from '../stripe/invoices/invoice-comparison.js';
import type { MeterPush, PushState } from '../stripe/meters/meter-push.js';
import { StripeReconciliation } from './stripe-reconciliation.js';

const october = Date.UTC(2026, 9, 1);
const hour = 3_600_000;
const book = catalogue.find(({ name }) => name === 'list')!;
const caller: Caller = { actor: { kind: 'system', id: 'test' }, tenantId: 'tnt_1' as TenantId, namespaceId: null, permissions: new Set() };

/** One meter, hour by hour: ledger, push with its state, Stripe's sum. */
async function differences(hours: readonly (readonly [ledger: bigint, push: readonly [bigint, PushState] | null, summary: bigint])[], line: bigint | null) {
  const meter = 'mq_messages';
  const pushOf = (index: number, [quantity, state]: readonly [bigint, PushState]): MeterPush => ({
    tenantId: caller.tenantId, meter, hourMs: october + index * hour, revision: 1, quantity, eventAtMs: 0, state, attempts: 1, acceptedAtMs: null, createdAtMs: 0,
  });
  const lines: StripeLine[] | null = line === null ? null : [{ dimension: meter, lineId: null, quantity: line, amountCents: 0n }];
  const reconciliation = new StripeReconciliation(
    {
      totals: { totals: async () => hours.map(([quantity], index) => ({ meter, hourMs: october + index * hour, quantity })) },
      pushes: { newest: async () => hours.flatMap(([, push], index) => (push === null ? [] : [pushOf(index, push)])) },
      summaries: { read: async () => new Map(hours.map(([, , summary], index) => [october + index * hour, summary])) },
      lines: async () => lines,
    },
    new HeldClock(october + 40 * 24 * hour),
  );
  return (await reconciliation.period(caller, periodAt(october), book)).map(({ cause, owner, atStakeCents }) => [cause, owner, atStakeCents]);
}

describe('the reconciliation with Stripe', () => {
  it('has nothing to say when ledger, pushes, sums and line agree', async () => {
    expect(await differences([[5n, [5n, 'confirmed'], 5n], [0n, null, 0n]], 5n)).toEqual([]);
  });

  it('names cause, owner and cents at stake of every difference, oldest first', async () => {
    const million = 1_000_000n;
    expect(
      await differences(
        [
          [million, null, 0n],
          [million, [million, 'pending'], 0n],
          [million, [million, 'parked'], 0n],
          [million, [million, 'too_old'], 0n],
          [million, [million, 'accepted'], 0n],
          [million, [million, 'confirmed'], 2n * million],
          [million, [2n * million, 'confirmed'], 2n * million],
        ],
        null,
      ),
    ).toEqual([
      ['not_sent', 'worker', 40n], ['waiting', 'worker', 40n], ['parked', 'finance', 40n], ['too_old', 'finance', 40n], ['stripe_lag', 'stripe', 40n], ['overwritten', 'worker', 40n], ['not_sent', 'worker', 40n],
    ]);
  });

  it('finds a line that is not the sum of the hours, though every hour agrees', async () => {
    expect(await differences([[5n, [5n, 'confirmed'], 5n]], 4n)).toEqual([['invoice', 'finance', 0n]]);
  });
});
