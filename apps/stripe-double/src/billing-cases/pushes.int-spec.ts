import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { FreshDatabase } from '@waybill/testing';
import { freshDatabase } from '@waybill/testing';
import { dayMs, hourMs } from '../testing/with-double.js';
import { Case, emptied, november, october } from '../testing/case.js';

describe('usage on its way to Stripe', () => {
  let database: FreshDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.drop());
  beforeEach(() => emptied(database));

  it('12: Stripe times out after it took the event, we resend: one value, confirmed', async () => {
    await (await Case.open({ database })).tenant(); // the schemas of the contract are compiled before time counts
    await emptied(database);
    const test = await Case.open({ database, sdkTimeoutMs: 2_000 });
    const tenant = await test.tenant();
    await test.use(tenant, october, 1_234n);
    await test.moveTo(october + 2 * hourMs);
    await test.doubled.control('faults', { kind: 'timeout_after', operation: 'POST /v1/billing/meter_events' });
    await test.push();
    expect(await test.states()).toEqual(['pending']);
    await test.pushAll();
    expect(await test.states()).toEqual(['confirmed']);
    expect(await test.billed(tenant.customer)).toBe(1_234n);
  });

  it.each([25 * hourMs, 29 * dayMs])('13: resent after %i ms, when the identifier may be used again, the value is not doubled', async (laterMs) => {
    const test = await Case.open({ database });
    const tenant = await test.tenant();
    await test.use(tenant, october, 700n);
    await test.moveTo(october + 2 * hourMs);
    await test.pushAll();
    await test.moveTo(october + 2 * hourMs + laterMs);
    await database.query(`UPDATE meter_pushes SET state = 'pending', next_attempt_at = NULL`);
    await test.pushAll();
    expect(test.doubled.double.world.meterEvents).toHaveLength(2);
    expect(await test.billed(tenant.customer)).toBe(700n);
    expect(await test.states()).toEqual(['confirmed']);
  });

  it('13: after 34 days an hour is not sent any more: finance is told, nothing is doubled and nothing forgotten', async () => {
    const test = await Case.open({ database });
    const tenant = await test.tenant();
    await test.use(tenant, october, 700n);
    await test.moveTo(october + 34 * dayMs);
    await test.push();
    expect(await test.states()).toEqual([]);
    expect(await test.alerts()).toEqual(['meter_push_too_old']);
    expect(await test.gates(tenant.tenantId)).toEqual([expect.stringContaining('confirmed red'), expect.stringContaining('compared red')]);
  });

  it('14: a duplicate identifier, refused with 400, counts as accepted; other tenants are unaffected', async () => {
    const test = await Case.open({ database });
    const [one, other] = [await test.tenant(), await test.tenant()];
    await test.use(one, october, 5n);
    await test.use(other, october, 6n);
    await test.moveTo(october + 2 * hourMs);
    await test.push();
    await database.query(`UPDATE meter_pushes SET state = 'pending' WHERE tenant_id = '${one.tenantId}'`);
    expect(await test.billing.sender.send()).toEqual({ accepted: 1, again: 0, parked: 0 });
    await test.pushAll();
    expect([await test.billed(one.customer), await test.billed(other.customer)]).toEqual([5n, 6n]);
    expect(await test.states()).toEqual(['confirmed', 'confirmed']);
    expect(await test.alerts()).toEqual([]);
  });

  it('15: a correction lower than what was sent wins, also when the first revision is delivered after it', async () => {
    const test = await Case.open({ database });
    const tenant = await test.tenant();
    await test.use(tenant, october, 900n);
    await test.moveTo(october + 2 * hourMs);
    await test.push();
    await test.use(tenant, october, 400n);
    await test.pushAll();
    expect(await test.billed(tenant.customer)).toBe(400n);
    // The first one once more, as a call that hung in the network would arrive.
    const { stripe } = test.doubled;
    await stripe.billing.meterEvents.create({ event_name: 'mq_messages', identifier: 'v1:late', timestamp: october / 1_000 + 3_599, payload: { stripe_customer_id: tenant.customer, value: '900' } });
    expect(await test.billed(tenant.customer)).toBe(900n);
    await database.query(`UPDATE meter_pushes SET state = 'accepted' WHERE revision = 2`);
    await test.pushAll();
    expect(await test.billed(tenant.customer)).toBe(400n);
    expect(await test.states()).toEqual(['replaced', 'replaced', 'confirmed']);
  });

  it.each([1, 2, 3])('16: with 429, 500, reset and slow answers by seed %i all hours are confirmed, one call at a time for a customer and meter', async (seed) => {
    const test = await Case.open({ database, seed });
    const tenants = [await test.tenant(), await test.tenant(), await test.tenant()];
    let total = 0n;
    for (let hour = 0; hour < 6; hour += 1) {
      for (const [i, tenant] of tenants.entries()) {
        for (const meter of ['mq_messages', 'mq_kib_in']) await test.use(tenant, october + hour * hourMs, BigInt(100 * hour + i + 1), meter);
        total += BigInt(100 * hour + i + 1);
      }
    }
    await test.moveTo(october + 7 * hourMs);
    for (const kind of ['rate_limited', 'server_error', 'reset', 'slow']) {
      await test.doubled.control('faults', { kind, operation: 'POST /v1/billing/meter_events', times: 6, probability: 0.3, delayMs: 30 });
    }
    await test.pushAll(60);
    expect(new Set(await test.states())).toEqual(new Set(['confirmed']));
    expect((await Promise.all(tenants.map(({ customer }) => test.billed(customer)))).reduce((sum, value) => sum + value, 0n)).toBe(total);
    expect((await test.doubled.control('calls', {}, 'GET'))['refusedConcurrent']).toBe(0);
  });

  it.each(['refused', 'reported'] as const)("17 (assumed: an event of a deleted customer is %s): one tenant's customer deleted at Stripe is parked with an alert; the rest bill", async (how) => {
    const test = await Case.open({ database });
    await test.doubled.control('rules', { unknownCustomerOfAnEvent: how });
    const [gone, other] = [await test.tenant(), await test.tenant()];
    for (const tenant of [gone, other]) await test.use(tenant, october, 2_000_000n);
    await test.doubled.stripe.customers.del(gone.customer);
    await test.moveTo(october + 2 * hourMs);
    await test.push();
    if (how === 'reported') {
      for (const { id, type } of test.doubled.double.world.events.where(({ thin }) => thin)) await database.query(`INSERT INTO webhook_events (id, type, thin, received_at) VALUES ('${id}', '${type}', true, now())`);
      await test.billing.webhooks.work();
    }
    expect((await database.query(`SELECT state FROM meter_pushes WHERE tenant_id = '${gone.tenantId}'`))[0]!['state']).toBe('parked');
    expect(await test.alerts()).toContain('meter_push_parked');
    await test.pushAll();
    expect(await test.billed(other.customer)).toBe(2_000_000n);
    await test.moveTo(november);
    expect(await test.gates(other.tenantId)).toEqual(['confirmed green', 'compared green']);
    expect(await test.gates(gone.tenantId)).toEqual([expect.stringContaining('confirmed red'), expect.stringContaining('compared red')]);
  });

  it('an hour of 0 is sent only where an earlier revision was above 0, and hours of the month before never, while those of the same month before the card was given count', async () => {
    const test = await Case.open({ database, heldAtMs: october + 5 * hourMs + 1_800_000 });
    const tenant = await test.tenant();
    await test.use(tenant, october - hourMs, 50n);
    await test.use(tenant, october + 4 * hourMs, 60n);
    await test.use(tenant, october + 6 * hourMs, 0n);
    await test.moveTo(october + 8 * hourMs);
    await test.pushAll();
    expect(await test.billed(tenant.customer)).toBe(60n);
    expect(await test.states()).toEqual(['confirmed']);
    await test.use(tenant, october + 4 * hourMs, 0n);
    await test.pushAll();
    expect(await test.billed(tenant.customer)).toBe(0n);
  });

  it('nothing is sent of an hour that is not sealed', async () => {
    const test = await Case.open({ database });
    const tenant = await test.tenant();
    await test.use(tenant, october, 5n);
    await test.use(tenant, october + hourMs, 5n);
    test.state.sealedMs = october + hourMs;
    await test.moveTo(october + 3 * hourMs);
    await test.pushAll();
    expect(await test.billed(tenant.customer)).toBe(5n);
  });

  it('hours that Stripe does not confirm within six hours call somebody, until they are', async () => {
    const test = await Case.open({ database });
    await test.doubled.control('rules', { usageLagS: 8 * 3_600 });
    const tenant = await test.tenant();
    await test.use(tenant, october, 5n);
    await test.moveTo(october + 2 * hourMs);
    for (let hour = 3; hour < 9; hour += 1) {
      await test.push();
      await test.moveTo(october + hour * hourMs + 1_000);
    }
    await test.push();
    expect(await test.alerts()).toEqual(['meter_push_unconfirmed']);
    await test.doubled.control('rules', { usageLagS: 0 });
    await test.pushAll();
    expect(await test.alerts()).toEqual([]);
  });

  it('B2: Stripe is down for 30 hours; afterwards everything is sent once and confirmed, and the month closes right', async () => {
    const test = await Case.open({ database });
    const tenant = await test.tenant();
    let total = 0n;
    await test.doubled.control('faults', { kind: 'server_error', operation: 'POST /v1/billing', times: 1_000_000 });
    await test.doubled.control('faults', { kind: 'server_error', operation: 'GET /v1/billing', times: 1_000_000 });
    for (let hour = 0; hour < 30; hour += 1) {
      await test.use(tenant, october + hour * hourMs, 100_000n + BigInt(hour));
      total += 100_000n + BigInt(hour);
      await test.moveTo(october + (hour + 1) * hourMs);
      await test.push();
    }
    expect(await test.billed(tenant.customer)).toBe(0n);
    expect(await test.alerts()).toContain('meter_push_unconfirmed');
    await test.doubled.control('faults', {}, 'DELETE');
    await test.pushAll();
    expect(await test.billed(tenant.customer)).toBe(total);
    expect(test.doubled.double.world.meterEvents).toHaveLength(30);
    expect(await test.alerts()).toEqual([]);
    await test.moveTo(november);
    expect(await test.gates(tenant.tenantId)).toEqual(['confirmed green', 'compared green']);
  });

  it("a clock that runs ahead loses nothing: what Stripe refuses as future is parked with an alert, and sent when a person says so", async () => {
    const test = await Case.open({ database });
    const tenant = await test.tenant();
    await test.use(tenant, october, 5n);
    test.clock.advance(2 * hourMs);
    await test.push();
    expect(await test.states()).toEqual(['parked']);
    expect(await test.alerts()).toEqual(['meter_push_parked']);
    await test.doubled.control('clock/advance', { toMs: october + 2 * hourMs });
    await test.billing.pushes.retryParked(tenant.tenantId);
    await test.pushAll();
    expect(await test.billed(tenant.customer)).toBe(5n);
  });
});
