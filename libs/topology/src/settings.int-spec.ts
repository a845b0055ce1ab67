import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { BindingDefinition, ExchangeDefinition, QueueDefinition } from '@waybill/broker';
import { keys, queueSettings, RoutingTable, SnapshotStore } from '@waybill/broker';
import { silentLogger, WaybillError } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import type { FreshDatabase, Home } from '@waybill/testing';
import { freshDatabase, newHome, openTestRedis } from '@waybill/testing';
import type { BindingInput, ExchangeInput, QueueInput } from './definitions.js';
import { openTopology } from './open-topology.store.js';
import type { Topology } from './open-topology.store.js';

const usual: QueueInput = { kind: 'standard', leaseSeconds: 30, deliveryLimit: 10 };
const toQueue: BindingInput = { destination: { queue: 'mail' }, pattern: '', headers: {}, match: 'all' };

type QueueCase = [string, Partial<QueueInput>, Partial<QueueDefinition>];
const queueCases: QueueCase[] = [
  ['the kind fifo, and what becomes of a poisoned group', { kind: 'fifo', poison: 'park-group' }, { kind: 'fifo', poison: 'park-group' }],
  ['the kind priority', { kind: 'priority' }, { kind: 'priority' }],
  ['fair turns', { fair: true }, { fair: true }],
  ['a lease of none and no delivery limit', { leaseSeconds: 0, deliveryLimit: null }, { leaseMs: 0, deliveryLimit: null }],
  ['a time to live of a year', { messageTtlSeconds: 31_536_000 }, { messageTtlMs: 31_536_000_000 }],
  ['the largest lengths with dropping', { maxMessages: 100_000_000, maxBytes: 2 ** 40, overflow: 'drop-oldest-to-dead-letters' }, { maxMessages: 100_000_000, maxBytes: 2 ** 40, overflow: 'drop-oldest-to-dead-letters' }],
  ['a dedup window by body', { dedup: { windowSeconds: 60, by: 'body' } }, { dedup: { windowMs: 60_000, by: 'body' } }],
  ['a list of retry delays', { retry: { kind: 'list', delaysSeconds: [0, 5, 86_400], jitter: 0.25 } }, { retry: { kind: 'list', delaysMs: [0, 5_000, 86_400_000], jitter: 0.25 } }],
  ['growing retry delays', { retry: { kind: 'exponential', firstSeconds: 1, factor: 1.5, maxSeconds: 600, jitter: 0 } }, { retry: { kind: 'exponential', firstMs: 1_000, factor: 1.5, maxMs: 600_000, jitter: 0 } }],
  ['an exchange for dead letters with a key', { deadLetterExchange: 'morgue', deadLetterKey: 'dead.mail' }, { deadLetterExchange: 'morgue', deadLetterKey: 'dead.mail' }],
  ['a single active consumer', { singleActiveConsumer: true }, { singleActiveConsumer: true }],
  ['a deadline for idling', { deleteWhenIdleSeconds: 60 }, { deleteWhenIdleMs: 60_000 }],
];

type ExchangeCase = [string, ExchangeInput, Partial<ExchangeDefinition>];
const exchangeCases: ExchangeCase[] = [
  ['direct', { kind: 'direct' }, { kind: 'direct' }],
  ['headers with an alternate', { kind: 'headers', alternate: 'morgue' }, { kind: 'headers', alternate: 'morgue' }],
  ['filter', { kind: 'filter' }, { kind: 'filter' }],
  ['consistent-hash on the key', { kind: 'consistent-hash' }, { kind: 'consistent-hash', hashOn: 'key' }],
  ['consistent-hash on a header', { kind: 'consistent-hash', hashOn: { header: 'customer' } }, { kind: 'consistent-hash', hashOn: { header: 'customer' } }],
  ['delayed as usual', { kind: 'delayed' }, { kind: 'delayed', delayMs: 0, routesAs: 'topic' }],
  ['delayed by a year, hashing', { kind: 'delayed', delaySeconds: 31_536_000, routesAs: 'consistent-hash', hashOn: 'group' }, { kind: 'delayed', delayMs: 31_536_000_000, routesAs: 'consistent-hash', hashOn: 'group' }],
];

type BindingCase = [string, ExchangeInput, Partial<BindingInput>, Partial<BindingDefinition>];
const bindingCases: BindingCase[] = [
  ['headers that must be absent', { kind: 'headers' }, { absent: ['b', 'a', 'b'], headers: { c: 'd' } }, { absent: ['a', 'b'], headers: { c: 'd' } }],
  ['a filter', { kind: 'filter' }, { filter: { body: { total: [{ numeric: ['>', 10] }], to: { city: ['Ulm'] } } } }, { filter: { body: { total: [{ numeric: ['>', 10] }], to: { city: ['Ulm'] } } } }],
  ['a filter behind a delay', { kind: 'delayed', routesAs: 'filter' }, { filter: { headers: { a: [{ exists: true }] } } }, { filter: { headers: { a: [{ exists: true }] } } }],
  ['a split with a weight', { kind: 'topic' }, { pattern: '#', split: 'canary', weight: 1_000 }, { pattern: '#', split: 'canary', weight: 1_000 }],
  ['a share of a ring', { kind: 'consistent-hash' }, { weight: 3 }, { weight: 3 }],
];

describe('settings', () => {
  let fresh: FreshDatabase;
  let redis: Redis;
  let topology: Topology;
  let home: Home;

  beforeAll(async () => {
    fresh = await freshDatabase();
    redis = await openTestRedis();
    topology = openTopology({ database: fresh.database, redis, logger: silentLogger });
  });
  afterAll(async () => {
    redis?.disconnect();
    await fresh?.drop();
  });
  beforeEach(async () => {
    home = await newHome(fresh.database);
    await topology.service.putExchange(home.caller, home.namespaceId, 'morgue', { kind: 'fanout' });
  });

  const putExchange = (name: string, input: ExchangeInput) => topology.service.putExchange(home.caller, home.namespaceId, name, input);
  const putQueue = (name: string, input: Partial<QueueInput> = {}) => topology.service.putQueue(home.caller, home.namespaceId, name, { ...usual, ...input });
  const putBinding = (exchange: string, input: Partial<BindingInput>) => topology.service.putBindings(home.caller, home.namespaceId, exchange, [{ ...toQueue, ...input }]);
  const version = () => redis.hget(keys.topology(home.namespaceId), 'version');

  /** What a gateway works by: loaded as a whole, and again after Redis lost it and PostgreSQL gave it back. */
  async function* tables(): AsyncGenerator<{ table: RoutingTable; bindings: BindingDefinition[] }> {
    const load = async () => {
      const { changes } = await new SnapshotStore(redis).load(home.namespaceId);
      const table = new RoutingTable();
      table.apply(changes);
      return { table, bindings: changes.flatMap((change) => ('put' in change && change.put === 'binding' ? change.binding : [])) };
    };
    yield await load();
    const queues = await redis.keys(`{${home.namespaceId}}:q:*`);
    await redis.del(keys.topology(home.namespaceId), keys.topologyChanges(home.namespaceId), ...queues);
    await openTopology({ database: fresh.database, redis, logger: silentLogger }).publisher.relay();
    yield await load();
  }

  it('of queues that exist may be changed when a rule says that no new ones are made', async () => {
    await putQueue('mail');
    const newQueues = ({ tenantId }: { tenantId: string }) => Promise.resolve(tenantId === home.caller.tenantId ? new WaybillError('payment_overdue') : undefined);
    const { service } = openTopology({ database: fresh.database, redis, logger: silentLogger, newQueues });
    await expect(service.putQueue(home.caller, home.namespaceId, 'more', usual)).rejects.toMatchObject({ code: 'payment_overdue' });
    expect(await service.putQueue(home.caller, home.namespaceId, 'mail', { ...usual, deliveryLimit: 3 })).toMatchObject({ created: false, queue: { deliveryLimit: 3 } });
    const other = await newHome(fresh.database);
    expect(await service.putQueue(other.caller, other.namespaceId, 'more', usual)).toMatchObject({ created: true });
  });

  it.each(queueCases)('of a queue reach the routing table and the hash of the queue: %s', async (_case, input, expected) => {
    const { queue } = await putQueue('mail', input);
    expect(queue).toMatchObject(input);
    const definition = { id: queue.id, name: 'mail', kind: 'standard', leaseMs: 30_000, deliveryLimit: 10, ...expected } as QueueDefinition;
    for await (const { table } of tables()) {
      expect(table.queue('mail')).toEqual(definition);
      const flat = queueSettings(definition);
      expect(await redis.hmget(keys.queue(home.namespaceId, queue.id), ...flat.filter((_, i) => i % 2 === 0))).toEqual(flat.filter((_, i) => i % 2 === 1));
    }
    const before = await version();
    expect(await putQueue('mail', input)).toEqual({ created: false, queue });
    expect(await version()).toBe(before);
  });

  it.each(queueCases.filter(([, { fair }]) => !fair))('of a queue are gone when they are left out: %s', async (_case, input) => {
    const kind = input.kind ?? 'standard';
    const { queue } = await putQueue('mail', input);
    await redis.hset(keys.queue(home.namespaceId, queue.id), 'cursor', '77', 'paused', '1');
    await putQueue('mail', { kind });
    const definition: QueueDefinition = { id: queue.id, name: 'mail', kind, leaseMs: 30_000, deliveryLimit: 10 };
    const flat = queueSettings(definition);
    const fields = Object.fromEntries(flat.flatMap((field, i) => (i % 2 === 0 ? [[field, flat[i + 1]]] : [])));
    expect(await redis.hgetall(keys.queue(home.namespaceId, queue.id))).toEqual({ ...fields, cursor: '77', paused: '1' });
  });

  it.each(exchangeCases)('of an exchange reach the routing table: %s', async (_case, input, expected) => {
    const { exchange } = await putExchange('orders', input);
    expect(exchange).toMatchObject(input);
    for await (const { table } of tables()) expect(table.exchange('orders')).toEqual({ id: exchange.id, name: 'orders', ...expected });
    expect(await putExchange('orders', input)).toEqual({ created: false, exchange });
  });

  it.each(bindingCases)('of a binding reach the snapshot: %s', async (_case, exchange, input, expected) => {
    await putExchange('orders', exchange);
    await putQueue('mail');
    const [put] = await putBinding('orders', input);
    const definition = { id: put!.id, source: 'orders', destination: { queue: 'mail' }, pattern: '', headers: {}, match: 'all', ...expected };
    for await (const { bindings } of tables()) expect(bindings).toEqual([definition]);
    const { items } = await topology.service.listBindings(home.caller, home.namespaceId, { limit: 5 });
    expect(items).toEqual([{ absent: [], filter: null, split: null, weight: 1, ...definition, createdAt: put!.createdAt }]);
    expect(await putBinding('orders', input)).toEqual([{ ...put, created: false }]);
  });

  it('of an exchange change in place, and its kind does not', async () => {
    const { exchange } = await putExchange('orders', { kind: 'delayed', delaySeconds: 5, alternate: 'morgue' });
    const changed = await putExchange('orders', { kind: 'delayed', delaySeconds: 6 });
    expect(changed).toEqual({ created: false, exchange: { ...exchange, delaySeconds: 6, alternate: null } });
    await expect(putExchange('orders', { kind: 'topic' })).rejects.toMatchObject({ code: 'exchange_conflict' });
    for await (const { table } of tables()) expect(table.exchange('orders')).toEqual({ id: exchange.id, name: 'orders', kind: 'delayed', delayMs: 6_000, routesAs: 'topic' });
  });

  it('keep the kind of a queue', async () => {
    await putQueue('mail', { kind: 'fifo' });
    await expect(putQueue('mail', { kind: 'standard' })).rejects.toMatchObject({ code: 'queue_conflict' });
    await putQueue('turns', { fair: true });
    await expect(putQueue('turns', {})).rejects.toMatchObject({ code: 'queue_conflict' });
    expect(await putQueue('mail', { kind: 'fifo', leaseSeconds: 9 })).toMatchObject({ created: false, queue: { kind: 'fifo', leaseSeconds: 9 } });
  });

  it('do not let an exchange with bindings match in another way', async () => {
    await putExchange('orders', { kind: 'delayed', routesAs: 'filter' });
    await putQueue('mail');
    const [binding] = await putBinding('orders', { filter: { body: { a: [1] } } });
    await expect(putExchange('orders', { kind: 'delayed', routesAs: 'topic' })).rejects.toMatchObject({ code: 'setting_invalid', params: { setting: 'routesAs' } });
    await topology.service.deleteBinding(home.caller, home.namespaceId, binding!.id);
    await expect(putExchange('orders', { kind: 'delayed', routesAs: 'topic' })).resolves.toMatchObject({ exchange: { routesAs: 'topic' } });
  });

  it('forget an exchange that is deleted, as alternate and for dead letters, in the same change', async () => {
    await putExchange('orders', { kind: 'topic', alternate: 'morgue' });
    const { queue } = await putQueue('mail', { deadLetterExchange: 'morgue', deadLetterKey: 'k', messageTtlSeconds: 9 });
    const before = Number(await version());
    await topology.service.deleteExchange(home.caller, home.namespaceId, 'morgue');
    expect(Number(await version())).toBe(before + 1);
    for await (const { table } of tables()) {
      expect(table.exchange('morgue')).toBeUndefined();
      expect(table.exchange('orders')).not.toHaveProperty('alternate');
      expect(table.queue('mail')).toEqual({ id: queue.id, name: 'mail', kind: 'standard', leaseMs: 30_000, deliveryLimit: 10, messageTtlMs: 9_000 });
      expect(await redis.hget(keys.queue(home.namespaceId, queue.id), 'deadLetterExchange')).toBe('');
    }
    expect(await topology.service.getQueue(home.caller, home.namespaceId, 'mail')).toMatchObject({ deadLetterExchange: null, deadLetterKey: null, messageTtlSeconds: 9 });
    expect(await topology.service.getExchange(home.caller, home.namespaceId, 'orders')).toMatchObject({ alternate: null });
  });

  it('refuse alternates that lead back, over bindings too', async () => {
    for (const name of ['a', 'b', 'c']) await putExchange(name, { kind: 'topic' });
    await putExchange('a', { kind: 'topic', alternate: 'b' });
    await putBinding('b', { destination: { exchange: 'c' }, pattern: '#' });
    await expect(putExchange('c', { kind: 'topic', alternate: 'a' })).rejects.toMatchObject({ code: 'binding_loop', params: { source: 'c', destination: 'a' } });
    await expect(putBinding('c', { destination: { exchange: 'a' }, pattern: '#' })).rejects.toMatchObject({ code: 'binding_loop' });
    await expect(putExchange('c', { kind: 'topic', alternate: 'c' })).rejects.toMatchObject({ code: 'binding_loop' });
    await expect(putExchange('new', { kind: 'topic', alternate: 'new' })).rejects.toMatchObject({ code: 'binding_loop' });
    await expect(putExchange('c', { kind: 'topic', alternate: 'morgue' })).resolves.toMatchObject({ created: false });
  });

  const badQueues: [string, Partial<QueueInput>, string, object][] = [
    ['fair turns of a fifo queue', { kind: 'fifo', fair: true }, 'setting_invalid', { setting: 'fair' }],
    ['parked groups of a standard queue', { poison: 'park-group' }, 'setting_invalid', { setting: 'poison' }],
    ['overflow without a limit', { overflow: 'drop-oldest-to-dead-letters' }, 'setting_invalid', { setting: 'overflow' }],
    ['delays that shrink', { retry: { kind: 'exponential', firstSeconds: 9, factor: 2, maxSeconds: 8, jitter: 0 } }, 'setting_invalid', { setting: 'retry.maxSeconds' }],
    ['the default exchange for dead letters', { deadLetterExchange: 'default' }, 'setting_invalid', { setting: 'deadLetterExchange' }],
    ['a dead-letter key without an exchange', { deadLetterKey: 'k' }, 'setting_invalid', { setting: 'deadLetterKey' }],
    ['a dead-letter key of 256 bytes', { deadLetterExchange: 'morgue', deadLetterKey: 'é'.repeat(128) }, 'setting_invalid', { setting: 'deadLetterKey' }],
    ['a dead-letter key with NUL', { deadLetterExchange: 'morgue', deadLetterKey: 'a\0' }, 'text_invalid', { field: 'deadLetterKey' }],
    ['an absent dead-letter exchange', { deadLetterExchange: 'absent' }, 'exchange_not_found', { exchange: 'absent' }],
  ];
  it.each(badQueues)('of a queue are refused and nothing is stored: %s', async (_case, input, code, params) => {
    await expect(putQueue('mail', input)).rejects.toMatchObject({ code, params });
    expect((await topology.service.listQueues(home.caller, home.namespaceId, { limit: 5 })).items).toEqual([]);
    expect(await version()).toBe('1');
  });

  it('refuse the names of reply addresses', async () => {
    await expect(putQueue('reply.abc')).rejects.toMatchObject({ code: 'name_invalid' });
    await expect(putQueue('reply')).resolves.toMatchObject({ created: true });
  });

  const badExchanges: [string, ExchangeInput, string, object][] = [
    ['a delay of a topic exchange', { kind: 'topic', delaySeconds: 0 }, 'setting_invalid', { setting: 'delaySeconds' }],
    ['a way of matching of a direct exchange', { kind: 'direct', routesAs: 'topic' }, 'setting_invalid', { setting: 'routesAs' }],
    ['something to hash of a fanout exchange', { kind: 'fanout', hashOn: 'key' }, 'setting_invalid', { setting: 'hashOn' }],
    ['something to hash of a delayed topic', { kind: 'delayed', hashOn: 'key' }, 'setting_invalid', { setting: 'hashOn' }],
    ['a header name with half a surrogate pair', { kind: 'consistent-hash', hashOn: { header: '\ud800' } }, 'text_invalid', { field: 'hashOn.header' }],
    ['the default exchange as alternate', { kind: 'topic', alternate: 'default' }, 'setting_invalid', { setting: 'alternate' }],
    ['an absent alternate', { kind: 'topic', alternate: 'absent' }, 'exchange_not_found', { exchange: 'absent' }],
  ];
  it.each(badExchanges)('of an exchange are refused: %s', async (_case, input, code, params) => {
    await expect(putExchange('orders', input)).rejects.toMatchObject({ code, params });
    await expect(topology.service.getExchange(home.caller, home.namespaceId, 'orders')).rejects.toMatchObject({ code: 'exchange_not_found' });
  });

  const badBindings: [string, ExchangeInput, Partial<BindingInput>, string, object][] = [
    ['absent headers in a topic exchange', { kind: 'topic' }, { absent: ['a'] }, 'setting_invalid', { setting: 'bindings.0.absent' }],
    ['a filter in a headers exchange', { kind: 'headers' }, { filter: { body: { a: [1] } } }, 'setting_invalid', { setting: 'bindings.0.filter' }],
    ['a split in a consistent-hash exchange', { kind: 'consistent-hash' }, { split: 'canary' }, 'setting_invalid', { setting: 'bindings.0.split' }],
    ['a weight of nothing', { kind: 'fanout' }, { weight: 2 }, 'setting_invalid', { setting: 'bindings.0.weight' }],
    ['a filter that tests nothing', { kind: 'filter' }, { filter: { body: { a: [] } } }, 'filter_invalid', { path: 'bindings.0.filter.body.a' }],
    ['a filter with an unknown part', { kind: 'filter' }, { filter: { bodies: { a: [1] } } }, 'filter_invalid', { path: 'bindings.0.filter' }],
    ['a regular expression', { kind: 'filter' }, { filter: { body: { a: [{ regex: '(a+)+$' }] } } }, 'filter_invalid', { path: 'bindings.0.filter.body.a[0].regex' }],
    ['a filter that compares with infinity', { kind: 'filter' }, { filter: { body: { a: [{ numeric: ['<', Infinity] }] } } }, 'filter_invalid', { path: 'bindings.0.filter.body.a[0].numeric' }],
    ['a filter with NUL', { kind: 'filter' }, { filter: { body: { a: ['x\0'] } } }, 'filter_invalid', { path: 'bindings.0.filter.body.a[0]' }],
    ['a header value with half a surrogate pair', { kind: 'headers' }, { headers: { a: '\udc00' } }, 'text_invalid', { field: 'bindings.0.headers' }],
    ['a header name with a line break', { kind: 'headers' }, { headers: { 'a\r\nb': 'c' } }, 'text_invalid', { field: 'bindings.0.headers' }],
    ['an absent name with NUL', { kind: 'headers' }, { absent: ['\0'] }, 'text_invalid', { field: 'bindings.0.absent' }],
    ['a malformed pattern behind a delay', { kind: 'delayed' }, { pattern: 'a*' }, 'pattern_invalid', {}],
  ];
  it.each(badBindings)('of a binding are refused: %s', async (_case, exchange, input, code, params) => {
    await putExchange('orders', exchange);
    await putQueue('mail');
    await expect(putBinding('orders', input)).rejects.toMatchObject({ code, params });
    expect((await topology.service.listBindings(home.caller, home.namespaceId, { limit: 5 })).items).toEqual([]);
  });

  it('say where a filter is wrong', async () => {
    await putExchange('orders', { kind: 'filter' });
    await putQueue('mail');
    const nested = Array.from({ length: 5_000 }).reduce<Record<string, unknown>>((inner) => ({ a: inner }), { a: [1] });
    await expect(putBinding('orders', { filter: { body: nested } })).rejects.toMatchObject({ code: 'filter_invalid', params: { path: expect.stringMatching(/^bindings\.0\.filter\.body\.a/) } });
  });

  it('of rows written before there were any are the usual ones', async () => {
    const { tenantId } = home.caller;
    await fresh.query(`INSERT INTO queues (id, tenant_id, namespace_id, name, kind, lease_seconds) VALUES ('q_${home.namespaceId}', '${tenantId}', '${home.namespaceId}', 'old', 'standard', 30)`);
    expect(await topology.service.getQueue(home.caller, home.namespaceId, 'old')).toMatchObject({
      messageTtlSeconds: null, overflow: 'reject', dedup: null, retry: null, deadLetterExchange: null, singleActiveConsumer: false, deleteWhenIdleSeconds: null, fair: false, poison: 'dead-letter',
    });
  });

  it('name every queue that is to be deleted when idle, page by page, of all tenants', async () => {
    const other = await newHome(fresh.database);
    const service = topology.service;
    const wanted = [
      [home, 'a', 60], [home, 'b', 31_536_000], [other, 'c', 3_600],
    ] as const;
    await putQueue('stays');
    for (const [{ caller, namespaceId }, name, deleteWhenIdleSeconds] of wanted) await service.putQueue(caller, namespaceId, name, { ...usual, deleteWhenIdleSeconds });
    const found = [];
    for (let after = ''; ; ) {
      const part = await service.listIdleDeleting(after, 2);
      expect(part.length).toBeLessThanOrEqual(2);
      found.push(...part);
      after = part.at(-1)?.id ?? '';
      if (after === '') break;
    }
    const mine = found.filter(({ namespaceId }) => namespaceId === home.namespaceId || namespaceId === other.namespaceId);
    expect(mine.map(({ name, idleMs, tenantId, namespaceId }) => [name, idleMs, tenantId, namespaceId]).sort()).toEqual(
      wanted.map(([{ caller, namespaceId }, name, seconds]) => [name, seconds * 1_000, caller.tenantId, namespaceId]),
    );
    const [idle] = mine.filter(({ name }) => name === 'a');
    await expect(service.deleteQueue(home.caller, home.namespaceId, 'a', 'q_another')).rejects.toMatchObject({ code: 'queue_not_found' });
    await service.deleteQueue(home.caller, home.namespaceId, 'a', idle!.id);
    await expect(service.getQueue(home.caller, home.namespaceId, 'a')).rejects.toMatchObject({ code: 'queue_not_found' });
  });
});
