import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Caller } from '@waybill/kernel';
import { periodAt } from '../invoices/period.js';
import { BillingUnderTest } from '../testing/billing-under-test.js';
import type { Charge, Charged, Purchase } from './top-up.js';

const january = periodAt(Date.UTC(2026, 0, 1));
const dayMs = 86_400_000;
const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);

type Step = { readonly kind: 'grant'; readonly cents: bigint; readonly priority: number; readonly days: number | null } | { readonly kind: 'use'; readonly millions: bigint } | { readonly kind: 'void'; readonly nth: number } | { readonly kind: 'wait'; readonly days: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('grant' as const), cents: fc.bigInt({ min: 1n, max: 300n }), priority: fc.integer({ min: 0, max: 3 }), days: fc.option(fc.integer({ min: 1, max: 70 })) }),
  fc.record({ kind: fc.constant('use' as const), millions: fc.bigInt({ min: 0n, max: 12n }) }),
  fc.record({ kind: fc.constant('void' as const), nth: fc.nat(5) }),
  fc.record({ kind: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 40 }) }),
);

/** Of which nothing is found again. */
const till = (charge: (reference: string, amountCents: bigint, caller: Caller) => Promise<Charged>): Charge => ({ charge: (caller, amountCents, _, reference) => charge(reference, amountCents, caller), paid: async () => [] });

describe('credit', () => {
  let it_: BillingUnderTest;
  beforeAll(async () => {
    it_ = await BillingUnderTest.start(january.startMs);
  });
  afterAll(() => it_?.stop());

  it('row 24: never goes below zero, burns in order, and adds up, whatever is granted, used, expired and voided', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const home = await it_.newHome();
        const { billing, clock } = it_;
        const { caller } = home;
        let month = periodAt(clock.nowMs());
        for (const each of steps) {
          if (each.kind === 'grant') {
            await billing.credits.grant(caller, 'USD', { currency: 'USD', amountCents: each.cents, priority: each.priority, source: 'promotional', reason: 'test', expiresAtMs: each.days === null ? null : clock.nowMs() + each.days * dayMs });
          } else if (each.kind === 'void') {
            const grant = (await billing.credits.list(caller))[each.nth];
            if (grant === undefined) continue;
            const voided = billing.credits.void(caller, grant.id);
            if (grant.remainingCents === 0n) await expect(voided).rejects.toMatchObject({ code: 'credit_invalid' });
            else expect(await voided).toBe(grant.remainingCents);
          } else if (each.kind === 'wait') {
            clock.advance(each.days * dayMs);
            await billing.credits.expire(caller);
          } else {
            const available = await billing.credits.available(caller, 'USD');
            await it_.use(home.namespaceId, [{ atMs: month.startMs, dimension: 'mq_messages', quantity: each.millions * 1_000_000n + 1_000_000n }]);
            clock.advance(Math.max(0, month.endMs + 1 - clock.nowMs()));
            await it_.seal(home, month.endMs);
            const usable = await billing.credits.available(caller, 'USD');
            await billing.close.run(month);
            const invoice = (await billing.invoices.ofPeriod(caller, month))!;
            expect(invoice.state).not.toBe('draft');
            const burnt = invoice.lines.filter(({ kind }) => kind === 'credit');
            // In order, each to its end before the next.
            expect(burnt.map(({ cause }) => cause)).toEqual(usable.slice(0, burnt.length).map(({ grantId }) => grantId));
            burnt.slice(0, -1).forEach(({ amountCents }, i) => expect(-amountCents).toBe(usable[i]!.remainingCents));
            expect(invoice.creditCents).toBe([each.millions * 40n, sum(usable.map(({ remainingCents }) => remainingCents))].reduce((a, b) => (a < b ? a : b)));
            expect(available.length).toBeGreaterThanOrEqual(usable.length);
            month = periodAt(clock.nowMs());
          }
          if (periodAt(clock.nowMs()).name !== month.name) month = periodAt(clock.nowMs());
          const [row] = await it_.fresh.query(`SELECT coalesce(sum(g.amount_cents), 0)::text AS granted, (SELECT coalesce(sum(amount_cents), 0)::text FROM credit_entries WHERE tenant_id = '${caller.tenantId}') AS taken FROM credit_grants g WHERE tenant_id = '${caller.tenantId}'`);
          const grants = await billing.credits.list(caller);
          expect(grants.every(({ remainingCents, amountCents }) => remainingCents >= 0n && remainingCents <= amountCents)).toBe(true);
          expect(BigInt(String(row!['taken'])) + sum(grants.map(({ remainingCents }) => remainingCents))).toBe(BigInt(String(row!['granted'])));
        }
      }),
      { numRuns: 5 },
    );
    expect(await it_.billing.audit.run()).toEqual([]);
  }, 120_000);

  it('is refused without an amount, after its end, out of range, and in another currency', async () => {
    const { caller } = await it_.newHome();
    const credit = { currency: 'USD', amountCents: 1n, priority: 50, source: 'goodwill' as const, reason: 'test', expiresAtMs: null };
    for (const wrong of [{ amountCents: 0n }, { amountCents: -1n }, { amountCents: 10n ** 13n }, { priority: 101 }, { priority: 0.5 }, { expiresAtMs: it_.clock.nowMs() }]) {
      await expect(it_.billing.credits.grant(caller, 'USD', { ...credit, ...wrong })).rejects.toMatchObject({ code: 'credit_invalid' });
    }
    await expect(it_.billing.credits.grant(caller, 'USD', { ...credit, currency: 'EUR' })).rejects.toMatchObject({ code: 'currency_mismatch' });
    await expect(it_.billing.credits.grant(caller, 'USD', { ...credit, currency: 'XXX' })).rejects.toMatchObject({ code: 'currency_unknown' });
  });

  it('tops itself up below its mark, once per cool-down, never above the ceiling, and not when the charge fails', async () => {
    const { caller } = await it_.newHome();
    const { billing, clock } = it_;
    // The first day of a month, so that all of it happens in one.
    clock.advance(periodAt(clock.nowMs()).endMs - clock.nowMs());
    await billing.profiles.setTopUp(caller, { amountCents: 500n, belowCents: 600n, monthlyCeilingCents: 1_000n, coolDownHours: 24 });
    const charged: bigint[] = [];
    const charge = till((reference, cents) => Promise.resolve((charged.push(cents), { state: 'paid', reference, currency: 'USD', amountCents: cents, taxCents: 0n })));
    await expect(billing.topUps.run(caller, till(() => Promise.reject(new Error('card declined'))))).rejects.toThrow('declined');
    expect(await billing.credits.list(caller)).toEqual([]);
    expect(await billing.topUps.run(caller, charge)).toBe(500n);
    expect(await billing.topUps.run(caller, charge)).toBe(0n);
    clock.advance(dayMs);
    expect(await billing.topUps.run(caller, charge)).toBe(500n);
    await billing.credits.void(caller, (await billing.credits.list(caller))[0]!.id);
    clock.advance(dayMs);
    expect(await billing.topUps.run(caller, charge)).toBe(0n);
    expect(charged).toEqual([500n, 500n]);
  });

  it('is what was paid, though another amount was set meanwhile', async () => {
    const { caller } = await it_.newHome();
    await it_.billing.profiles.setTopUp(caller, { amountCents: 900n, belowCents: 600n, monthlyCeilingCents: 1_000n, coolDownHours: 24 });
    expect(await it_.billing.topUps.run(caller, till(async (reference) => ({ state: 'paid', reference, currency: 'USD', amountCents: 500n, taxCents: 95n })))).toBe(500n);
    expect((await it_.billing.credits.list(caller)).map(({ amountCents }) => amountCents)).toEqual([500n]);
  });

  it.each(['in the next month', 'when enough is left again'])('is granted once, and paid once, when a worker was killed after the payment; %s', async (when) => {
    const { caller } = await it_.newHome();
    const { billing, clock } = it_;
    clock.advance(periodAt(clock.nowMs()).endMs - clock.nowMs() - 1_000);
    await billing.profiles.setTopUp(caller, { amountCents: 500n, belowCents: 600n, monthlyCeilingCents: 1_000n, coolDownHours: 24 });
    const paid = new Map<string, Purchase>();
    let killed = false;
    const charge: Charge = {
      charge: async (_, amountCents, currency, reference) => {
        paid.set(reference, paid.get(reference) ?? { reference, currency, amountCents, taxCents: 0n });
        if (!killed) throw Object.assign(new Error('killed'), { killed: (killed = true) });
        return { state: 'paid', ...paid.get(reference)! };
      },
      paid: async () => [...paid.values()],
    };
    await expect(billing.topUps.run(caller, charge)).rejects.toThrow('killed');
    if (when === 'in the next month') clock.advance(3_600_000);
    else await billing.credits.grant(caller, 'USD', { currency: 'USD', amountCents: 700n, priority: 50, source: 'goodwill', reason: 'test', expiresAtMs: null });
    for (let run = 0; run < 2; run += 1) await billing.topUps.run(caller, charge);
    expect([paid.size, (await billing.credits.list(caller)).filter(({ source }) => source === 'top_up').map(({ amountCents }) => amountCents)]).toEqual([1, [500n]]);
  });

  it('asks for a transfer where nobody can be charged: one mail in each cool-down, nothing granted; a tenant that fails holds up no other', async () => {
    const { billing, clock } = it_;
    const [asked, failing] = [await it_.newHome(), await it_.newHome()];
    clock.advance(periodAt(clock.nowMs()).endMs - clock.nowMs());
    it_.mails.length = 0;
    for (const { caller } of [asked, failing]) {
      await billing.profiles.setEmail(caller, `${caller.tenantId}@example.com`);
      await billing.profiles.setTopUp(caller, { amountCents: 500n, belowCents: 600n, monthlyCeilingCents: 1_000n, coolDownHours: 24 });
    }
    const charge = till(async (reference, amountCents, { tenantId }) => {
      if (tenantId === failing.caller.tenantId) throw new Error('declined');
      return tenantId === asked.caller.tenantId ? { state: 'asked' } : { state: 'paid', reference, currency: 'USD', amountCents, taxCents: 0n };
    });
    for (let day = 0; day < 3; day += 1) {
      for (let run = 0; run < 2; run += 1) expect(await billing.topUps.runAll(charge)).toMatchObject({ failed: 1 });
      clock.advance(dayMs);
    }
    await billing.mails.run();
    const told = it_.mails.filter(({ subject }) => subject.includes('credit runs low'));
    expect(told.map(({ to }) => to)).toEqual(Array(3).fill(`${asked.caller.tenantId}@example.com`));
    expect(told[0]!.text).toMatch(/^0\.00 USD of credit is left, less than 6\.00 USD\. Transfer 5\.00 USD with the reference tnt_/);
    expect(await billing.credits.list(asked.caller)).toEqual([]);
  });
});
