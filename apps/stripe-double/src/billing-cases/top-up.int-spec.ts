import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { StripeTopUpCharge } from '@waybill/billing';
import type { Caller } from '@waybill/kernel';
import { freshDatabase } from '@waybill/testing';
import type { FreshDatabase } from '@waybill/testing';
import { Case, emptied } from '../testing/case.js';
import type { Tenant } from '../testing/case.js';

const dayMs = 86_400_000;

describe('credit bought by card when it runs low', () => {
  let database: FreshDatabase;
  let test: Case;
  let tenant: Tenant;
  const caller = ({ tenantId }: Pick<Tenant, 'tenantId'>): Caller => ({ actor: { kind: 'system', id: 'top-up' }, tenantId, namespaceId: null, permissions: new Set() });
  const paid = { state: 'paid', currency: 'USD', amountCents: 5_000n, taxCents: 0n };
  const invoices = async () => (await test.doubled.stripe.invoices.list({ customer: tenant.customer, limit: 100 })).data.flatMap(({ status, total, metadata }) => (metadata?.['waybill_top_up'] === undefined ? [] : [[status, total, metadata['waybill_top_up']]]));
  const chargeBy = (isTaxed: boolean) => new StripeTopUpCharge({ stripe: test.doubled.stripe, accounts: test.billing.accounts, alerts: test.billing.alerts }, test.clock, isTaxed);
  const buy = (reference: string, amountCents = 5_000n) => chargeBy(false).charge(caller(tenant), amountCents, 'USD', reference);

  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    await emptied(database);
    test = await Case.open({ database });
    tenant = await test.tenant();
  });

  it('is one paid invoice, however often the same is asked for', async () => {
    expect([await buy('first'), await buy('first')]).toEqual([{ ...paid, reference: 'first' }, { ...paid, reference: 'first' }]);
    expect(await chargeBy(false).paid(caller(tenant))).toEqual([{ reference: 'first', currency: 'USD', amountCents: 5_000n, taxCents: 0n }]);
    expect(await invoices()).toEqual([['paid', 5_000, 'first']]);
  });

  it('is gone on with where a charge was left off', async () => {
    for (const operation of ['POST /v1/invoiceitems', 'POST /v1/invoices/{id}/finalize', 'POST /v1/invoices/{id}/pay']) {
      await test.doubled.control('faults', { kind: 'server_error', operation, times: 1 });
      await expect(buy(operation)).rejects.toThrow();
      await test.doubled.control('faults', {}, 'DELETE');
      expect(await buy(operation)).toEqual({ ...paid, reference: operation });
    }
    expect((await invoices()).map(([status, total]) => [status, total])).toEqual(Array.from({ length: 3 }, () => ['paid', 5_000]));
  });

  it.each([
    ['POST /v1/invoiceitems', 9_000],
    ['POST /v1/invoices/{id}/finalize', 9_000],
    ['POST /v1/invoices/{id}/pay', 5_000],
  ])('answers what was paid when another amount was set since %s failed: a draft takes it over', async (operation, amount) => {
    await test.doubled.control('faults', { kind: 'server_error', operation, times: 1 });
    await expect(buy('changed')).rejects.toThrow();
    expect(await buy('changed', 9_000n)).toEqual({ ...paid, reference: 'changed', amountCents: BigInt(amount) });
    expect(await invoices()).toEqual([['paid', amount, 'changed']]);
  });

  it('takes nothing later when the card is declined, and asks the card again a day after', async () => {
    await test.doubled.control(`cards/${tenant.customer}`, { card: 'declined' });
    await expect(buy('declined')).rejects.toMatchObject({ code: 'card_declined' });
    expect((await invoices())[0]).toEqual(['void', 5_000, 'declined']);
    expect(await buy('declined')).toEqual({ state: 'asked' });
    await test.doubled.control(`cards/${tenant.customer}`, { card: 'good' });
    await test.moveTo(test.clock.nowMs() + dayMs + 1_000);
    expect(await buy('declined')).toEqual({ ...paid, reference: 'declined' });
    expect((await invoices()).filter(([, , reference]) => reference === 'declined').map(([status]) => status)).toEqual(['paid', 'void']);
  });

  it('is asked for by bank transfer where no card was given', async () => {
    expect(await chargeBy(false).charge(caller({ tenantId: 'tnt_nobody' as Tenant['tenantId'] }), 1n, 'USD', 'none')).toEqual({ state: 'asked' });
  });
});
