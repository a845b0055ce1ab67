import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { StripeAlignment } from '@waybill/billing';
import type { PriceBook } from '@waybill/billing';
import { silentLogger } from '@waybill/kernel';
import type { Caller } from '@waybill/kernel';
import { freshDatabase } from '@waybill/testing';
import type { FreshDatabase } from '@waybill/testing';
import { bookOf, Case, emptied, november } from '../testing/case.js';
import type { Tenant } from '../testing/case.js';

describe('subscriptions brought in line with contracts', () => {
  let database: FreshDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.drop());
  beforeEach(() => emptied(database));

  async function opened() {
    const test = await Case.open({ database });
    const next = new Map<string, PriceBook>();
    const terms = { nextBook: async ({ tenantId }: Caller) => next.get(tenantId) ?? test.book };
    return { test, next, alignment: new StripeAlignment(test.billing.accounts, test.billing.subscriptions, terms, silentLogger) };
  }
  const subscriptionOf = async (test: Case, { tenantId }: Tenant) => test.doubled.stripe.subscriptions.retrieve((await test.billing.accounts.find(tenantId))!.subscriptionId!);

  it('a change of plan waits at Stripe too, is in force from the next period on, and is told once', async () => {
    const { test, next, alignment } = await opened();
    const tenant = await test.tenant();
    next.set(tenant.tenantId, bookOf('metered'));
    expect(await alignment.run()).toBe(0);
    const { schedule, metadata } = await subscriptionOf(test, tenant);
    expect([typeof schedule, metadata['waybill_price_book']]).toEqual(['string', test.book.id]);
    expect(await test.billing.accounts.find(tenant.tenantId)).toMatchObject({ nextPriceBookId: bookOf('metered').id });
    // Told once: Stripe is not asked again, whatever it would answer.
    await test.doubled.control('faults', { kind: 'server_error', operation: 'POST /v1/subscription_schedules', times: 1_000 });
    expect(await alignment.run()).toBe(0);
    await test.doubled.control('faults', {}, 'DELETE');
    await test.moveTo(november);
    expect((await subscriptionOf(test, tenant)).metadata['waybill_price_book']).toBe(bookOf('metered').id);
  });

  it('a change taken back waits nowhere any more', async () => {
    const { test, next, alignment } = await opened();
    const tenant = await test.tenant();
    next.set(tenant.tenantId, bookOf('metered'));
    await alignment.run();
    next.delete(tenant.tenantId);
    expect(await alignment.run()).toBe(0);
    expect((await subscriptionOf(test, tenant)).schedule).toBeNull();
    await test.moveTo(november);
    expect((await subscriptionOf(test, tenant)).metadata['waybill_price_book']).toBe(test.book.id);
  });

  it('one that Stripe does not take now waits for the next run, and the others are aligned', async () => {
    const { test, next, alignment } = await opened();
    const tenants = [await test.tenant(), await test.tenant()];
    for (const { tenantId } of tenants) next.set(tenantId, bookOf('metered'));
    await test.doubled.control('faults', { kind: 'server_error', operation: 'POST /v1/subscription_schedules', times: 1 });
    expect(await alignment.run()).toBe(1);
    const waiting = async () => (await Promise.all(tenants.map((tenant) => subscriptionOf(test, tenant)))).filter(({ schedule }) => schedule === null).length;
    expect(await waiting()).toBe(1);
    expect(await alignment.run()).toBe(0);
    expect(await waiting()).toBe(0);
  });
});
