import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newId, silentLogger } from '@waybill/kernel';
import type { FreshDatabase, Home } from '@waybill/testing';
import { freshDatabase, newHome, openTestRedis } from '@waybill/testing';
import type { Redis } from 'ioredis';
import { usageKeys } from '../testing/usage-keys.js';
import { TermsCopyStore } from './terms-copy.store.js';
import { PricePublisher, PublishGate, TermsPublisher } from './terms-publisher.js';
import { TermsStore } from './terms.store.js';

describe('the terms of publishing', () => {
  let fresh: FreshDatabase;
  let redis: Redis;
  let home: Home;
  let copy: TermsCopyStore;
  let terms: TermsStore;
  let publisher: TermsPublisher;

  beforeAll(async () => {
    fresh = await freshDatabase();
    redis = await openTestRedis();
    copy = new TermsCopyStore(redis, usageKeys);
    terms = new TermsStore(fresh.database);
  });
  afterAll(async () => {
    redis?.disconnect();
    await fresh?.drop();
  });
  beforeEach(async () => {
    home = await newHome(fresh.database);
    publisher = new TermsPublisher(terms, copy, silentLogger);
  });

  const price = { currency: 'USD', unitPriceE12: { mq_messages: '40000000' } };

  it('are in Redis once they are set, and go when they are taken back', async () => {
    await new PricePublisher(publisher).publish(home.namespaceId, price);
    await new PublishGate(publisher).set(home.namespaceId, { kind: 'spend_cap' });
    const found = await copy.read(home.namespaceId);
    expect(found).toMatchObject({ version: '2', gate: 'cap', used: null });
    expect(JSON.parse(found.price!)).toMatchObject({ currency: 'USD', minorDigits: 2, unitPriceE12: { mq_messages: '40000000' } });
    await new PricePublisher(publisher).publish(home.namespaceId, null);
    await new PublishGate(publisher).set(home.namespaceId, { kind: 'open' });
    expect(await copy.read(home.namespaceId)).toMatchObject({ version: '4', price: null, gate: null });
  });

  it('begin a quota with what the ledger has of the month, once', async () => {
    const { tenantId } = home.caller;
    const month = new Date().toISOString().slice(0, 8) + '01';
    await fresh.query(`INSERT INTO usage_days VALUES ('${tenantId}', 'mq_messages', '${home.namespaceId}', 'x_a', 'publish', '${month}', 41)`);
    const gate = new PublishGate(publisher);
    await gate.set(home.namespaceId, { kind: 'quota', limits: { mq_messages: '100' } });
    expect((await copy.read(home.namespaceId)).used).toMatch(/^\d+ 41 0 0 0$/);
    await redis.hset(usageKeys.topology(home.namespaceId), 'used', '24311 50 0 0 0');
    await gate.set(home.namespaceId, { kind: 'quota', limits: { mq_messages: '200' } });
    expect((await copy.read(home.namespaceId)).used).toBe('24311 50 0 0 0');
    expect(await redis.hget(usageKeys.topology(home.namespaceId), 'limits')).toBe('200 - - -');
  });

  it('say what is used and allowed as the accepting script has it, and whether they are in force; a closed gate keeps what was used', async () => {
    const gate = new PublishGate(publisher);
    expect(await gate.quota(home.namespaceId)).toEqual({ limits: null, used: {} });
    expect(await gate.set(home.namespaceId, { kind: 'quota', limits: { mq_messages: '100' } })).toBe('in_force');
    const month = new Date().getUTCFullYear() * 12 + new Date().getUTCMonth() + 1;
    await redis.hset(usageKeys.topology(home.namespaceId), 'used', `${month} 7 8 9 10`);
    const used = { mq_messages: 7n, mq_kib_in: 8n, mq_exchange_passes: 9n, mq_queue_passes: 10n };
    expect(await gate.quota(home.namespaceId)).toEqual({ limits: { mq_messages: 100n }, used });
    await gate.set(home.namespaceId, { kind: 'spend_cap' });
    expect(await gate.quota(home.namespaceId)).toEqual({ limits: null, used });
    await redis.hset(usageKeys.topology(home.namespaceId), 'used', `${month - 1} 7 8 9 10`);
    expect((await gate.quota(home.namespaceId)).used).toEqual({});
    const away = new TermsPublisher(terms, { write: () => Promise.reject(new Error('away')) } as unknown as TermsCopyStore, silentLogger);
    expect(await new PublishGate(away).set(home.namespaceId, { kind: 'open' })).toBe('noted');
  });

  it('come back after Redis lost them, by the relay, and never go back to an older version', async () => {
    await new PublishGate(publisher).set(home.namespaceId, { kind: 'spend_cap' });
    await redis.del(usageKeys.topology(home.namespaceId));
    const another = new TermsPublisher(terms, copy, silentLogger);
    await another.relay();
    expect((await copy.read(home.namespaceId)).gate).toBe('cap');
    expect(await another.relay()).toEqual({ published: 0, failed: 0 });
    expect(await copy.write(home.namespaceId, 0n, { price: '', gate: '', limits: '' }, '')).toBe('superseded');
    expect((await copy.read(home.namespaceId)).gate).toBe('cap');
  });

  it('refuse a price or a limit that is no whole number, and a namespace that does not exist', async () => {
    const gate = new PublishGate(publisher);
    await expect(new PricePublisher(publisher).publish(home.namespaceId, { currency: 'USD', unitPriceE12: { mq_messages: '1.5' } })).rejects.toThrow('not a whole number');
    await expect(new PricePublisher(publisher).publish(home.namespaceId, { ...price, currency: 'usd' })).rejects.toThrow('not a currency');
    await expect(gate.set(home.namespaceId, { kind: 'quota', limits: { mq_messages: '-1' } })).rejects.toThrow('not a whole number');
    await expect(gate.set(newId('namespace'), { kind: 'open' })).rejects.toMatchObject({ code: 'namespace_not_found' });
    expect(await copy.read(home.namespaceId)).toMatchObject({ version: null });
  });
});
