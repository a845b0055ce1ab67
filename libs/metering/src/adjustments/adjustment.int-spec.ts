import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Caller } from '@waybill/kernel';
import { newId } from '@waybill/kernel';
import type { FreshDatabase, Home } from '@waybill/testing';
import { freshDatabase, newHome } from '@waybill/testing';
import { HourLedgerStore } from '../hours/hour-ledger.store.js';
import { LedgerStore } from '../ledger.store.js';
import { batchOf } from '../usage-batch.js';
import { AdjustmentStore } from './adjustment.store.js';

const hour = 496_032;
const hourMs = hour * 3_600_000;
const december = Date.UTC(2026, 11, 15);

describe('a correction of a sealed hour', () => {
  let fresh: FreshDatabase;
  let home: Home;
  let store: AdjustmentStore;
  let second: Caller;

  beforeAll(async () => {
    fresh = await freshDatabase();
    store = new AdjustmentStore(fresh.database);
  });
  afterAll(() => fresh?.drop());
  beforeEach(async () => {
    home = await newHome(fresh.database);
    second = { ...home.caller, actor: { kind: 'user', id: newId('user') } };
    const entry = { hour, dimension: 'mq_messages' as const, cause: 'publish', resourceId: 'x_a', delta: 10n };
    await new LedgerStore(fresh.database).book(home.namespaceId, newId('usageBatch'), batchOf(hourMs + 1, [entry]));
    await fresh.query(`UPDATE usage_watermarks SET sealed_through = '${new Date(hourMs + 3_600_000).toISOString()}' WHERE namespace_id = '${home.namespaceId}'`);
  });

  const correction = (delta: bigint) => ({ namespaceId: home.namespaceId, hourMs, dimension: 'mq_messages' as const, cause: 'publish', resourceId: 'x_a', delta, reason: 'counted twice' });
  const inDecember = () => new HourLedgerStore(fresh.database).adjustments(home.caller, december);

  it('is in force when a second person agreed, in the month they say, and the record stays', async () => {
    const { id } = await store.propose(home.caller, correction(-4n));
    expect(await inDecember()).toEqual([]);
    await expect(store.decide(home.caller, id, { approve: true, bookedPeriodMs: december })).rejects.toMatchObject({ code: 'approval_same_person' });
    expect(await store.decide(second, id, { approve: true, bookedPeriodMs: december })).toMatchObject({ state: 'approved', actor: home.caller.actor.id, approver: second.actor.id });
    expect(await inDecember()).toMatchObject([{ id, kind: 'correction', hourMs, quantity: -4n, approver: second.actor.id }]);
    expect(await fresh.query(`SELECT quantity, revision FROM usage_records WHERE namespace_id = '${home.namespaceId}'`)).toEqual([{ quantity: '10', revision: 1 }]);
  });

  it('is decided once, whatever the program tries', async () => {
    const { id } = await store.propose(home.caller, correction(1n));
    await store.decide(second, id, { approve: false });
    await expect(store.decide(second, id, { approve: true, bookedPeriodMs: december })).rejects.toMatchObject({ code: 'approval_decided' });
    await expect(fresh.query(`UPDATE usage_adjustments SET state = 'approved' WHERE id = '${id}'`)).rejects.toThrow('decided once');
    const other = await store.propose(home.caller, correction(1n));
    await expect(fresh.query(`UPDATE usage_adjustments SET delta = 100 WHERE id = '${other.id}'`)).rejects.toThrow('decided once');
    await expect(fresh.query(`UPDATE usage_adjustments SET state = 'approved', approver = actor, booked_period = '2026-12-01' WHERE id = '${other.id}'`)).rejects.toThrow('two_persons');
    expect((await store.list(home.caller, { state: 'proposed', limit: 10 })).map(({ id: each }) => each)).toEqual([other.id]);
  });

  it('is refused when it changes nothing, takes away more than there is, has no reason, or the hour may still change', async () => {
    await store.propose(home.caller, correction(-6n));
    for (const bad of [correction(0n), correction(-5n), { ...correction(1n), reason: ' ' }]) {
      await expect(store.propose(home.caller, bad)).rejects.toMatchObject({ code: 'adjustment_invalid' });
    }
    await expect(store.propose(home.caller, { ...correction(1n), hourMs: hourMs + 3_600_000 })).rejects.toMatchObject({ code: 'hour_not_sealed' });
  });

  it('27 (metering): does not exist for another tenant', async () => {
    const { id } = await store.propose(home.caller, correction(1n));
    const other = await newHome(fresh.database);
    await expect(store.decide(other.caller, id, { approve: false })).rejects.toMatchObject({ code: 'approval_not_found' });
    await expect(store.propose(other.caller, correction(1n))).rejects.toMatchObject({ code: 'namespace_not_found' });
    expect(await store.list(other.caller, { limit: 10 })).toEqual([]);
  });
});
