import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { keys, queueSettings } from '@waybill/broker';
import type { NamespaceId } from '@waybill/kernel';
import { newId, silentLogger } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import type { FreshDatabase, Home } from '@waybill/testing';
import { freshDatabase, newHome, openTestRedis } from '@waybill/testing';
import type { BindingInput, QueueInput } from './definitions.js';
import { openTopology } from './open-topology.store.js';
import type { TopologyService } from './topology.service.js';

const standard: QueueInput = { kind: 'standard', leaseSeconds: 30, deliveryLimit: 10 };
const toQueue = (queue: string, pattern = ''): BindingInput => ({ destination: { queue }, pattern, headers: {}, match: 'all' });
const toExchange = (exchange: string): BindingInput => ({ destination: { exchange }, pattern: '#', headers: {}, match: 'all' });
const page = { limit: 200 };
const fieldsOf = (flat: readonly string[]) => Object.fromEntries(flat.flatMap((field, i) => (i % 2 === 0 ? [[field, flat[i + 1]]] : [])));

describe('topology', () => {
  let fresh: FreshDatabase;
  let redis: Redis;
  let service: TopologyService;
  let home: Home;

  beforeAll(async () => {
    fresh = await freshDatabase();
    redis = await openTestRedis();
    service = openTopology({ database: fresh.database, redis, logger: silentLogger }).service;
  });
  afterAll(async () => {
    redis?.disconnect();
    await fresh?.drop();
  });
  beforeEach(async () => {
    home = await newHome(fresh.database);
  });

  const version = (namespaceId: NamespaceId = home.namespaceId) => redis.hget(keys.topology(namespaceId), 'version');
  const snapshot = async () => {
    const fields = await redis.hgetall(keys.topology(home.namespaceId));
    return new Map(Object.entries(fields).map(([field, text]) => [field, field === 'version' ? text : JSON.parse(text)]));
  };

  it('puts an exchange into force before it answers, and once', async () => {
    const { caller, namespaceId } = home;
    const first = await service.putExchange(caller, namespaceId, 'orders', { kind: 'topic' });
    expect(first).toMatchObject({ created: true, exchange: { name: 'orders', kind: 'topic', builtIn: false, bindings: 0 } });
    expect((await snapshot()).get('x:orders')).toEqual({ id: first.exchange.id, name: 'orders', kind: 'topic' });
    const again = await service.putExchange(caller, namespaceId, 'orders', { kind: 'topic' });
    expect(again).toEqual({ created: false, exchange: first.exchange });
    expect(await version()).toBe('1');
    await expect(service.putExchange(caller, namespaceId, 'orders', { kind: 'fanout' })).rejects.toMatchObject({ code: 'exchange_conflict' });
  });

  it('changes lease and delivery limit of a queue and keeps its id and its place', async () => {
    const { caller, namespaceId } = home;
    const { queue } = await service.putQueue(caller, namespaceId, 'mail', standard);
    const meta = keys.queue(namespaceId, queue.id);
    await redis.hset(meta, 'cursor', '77');
    const changed = await service.putQueue(caller, namespaceId, 'mail', { kind: 'standard', leaseSeconds: 5, deliveryLimit: null });
    expect(changed).toMatchObject({ created: false, queue: { id: queue.id, leaseSeconds: 5, deliveryLimit: null } });
    const definition = { id: queue.id, name: 'mail', kind: 'standard' as const, leaseMs: 5000, deliveryLimit: null };
    expect((await snapshot()).get('q:mail')).toEqual(definition);
    expect(await redis.hgetall(meta)).toEqual({ ...fieldsOf(queueSettings(definition)), cursor: '77' });
    expect((await service.putQueue(caller, namespaceId, 'mail', { kind: 'standard', leaseSeconds: 5, deliveryLimit: null })).created).toBe(false);
    expect(await version()).toBe('2');
  });

  it('notes when a queue or exchange began and ended to exist, with the definition and not without it', async () => {
    const { caller, namespaceId } = home;
    const { queue } = await service.putQueue(caller, namespaceId, 'mail', standard);
    const { exchange } = await service.putExchange(caller, namespaceId, 'orders', { kind: 'topic' });
    await service.putQueue(caller, namespaceId, 'mail', { ...standard, leaseSeconds: 5 });
    await expect(service.putQueue(caller, namespaceId, 'bad', { ...standard, deadLetterExchange: 'none' })).rejects.toMatchObject({ code: 'exchange_not_found' });
    await service.deleteQueue(caller, namespaceId, 'mail');
    await service.deleteExchange(caller, namespaceId, 'orders');
    const { queue: second } = await service.putQueue(caller, namespaceId, 'mail', standard);
    const rows = await fresh.query(`SELECT resource_id, kind, name, gone_at > born_at AS gone FROM resource_lifetimes WHERE namespace_id = '${namespaceId}' ORDER BY born_at`);
    expect(rows).toEqual([
      { resource_id: queue.id, kind: 'queue', name: 'mail', gone: true },
      { resource_id: exchange.id, kind: 'exchange', name: 'orders', gone: true },
      { resource_id: second.id, kind: 'queue', name: 'mail', gone: null },
    ]);
  });

  it('adds a batch of bindings all or none, in the order given, those that exist untouched', async () => {
    const { caller, namespaceId } = home;
    await service.putExchange(caller, namespaceId, 'orders', { kind: 'topic' });
    await service.putQueue(caller, namespaceId, 'mail', standard);
    const [first] = await service.putBindings(caller, namespaceId, 'orders', [toQueue('mail', 'a.*')]);
    const batch = await service.putBindings(caller, namespaceId, 'orders', [toQueue('mail', 'b.#'), toQueue('mail', 'a.*'), toQueue('mail', 'b.#')]);
    expect(batch.map((binding) => binding.created)).toEqual([true, false, false]);
    expect(batch[1]).toEqual({ ...first, created: false });
    expect(batch[2]!.id).toBe(batch[0]!.id);
    const before = await version();
    for (const [input, code] of [[toQueue('absent', 'c'), 'queue_not_found'], [toExchange('absent'), 'exchange_not_found'], [toQueue('mail', 'c*'), 'pattern_invalid']] as const) {
      await expect(service.putBindings(caller, namespaceId, 'orders', [toQueue('mail', 'new'), input])).rejects.toMatchObject({ code });
    }
    expect((await service.listBindings(caller, namespaceId, page)).items).toHaveLength(2);
    expect(await version()).toBe(before);
    expect((await snapshot()).get(`b:${first!.id}`)).toEqual({ id: first!.id, source: 'orders', destination: { queue: 'mail' }, pattern: 'a.*', headers: {}, match: 'all' });
  });

  it('answers a repeated delete with not found', async () => {
    const { caller, namespaceId } = home;
    await service.putExchange(caller, namespaceId, 'orders', { kind: 'direct' });
    await service.putQueue(caller, namespaceId, 'mail', standard);
    const [binding] = await service.putBindings(caller, namespaceId, 'orders', [toQueue('mail', 'x')]);
    await service.deleteBinding(caller, namespaceId, binding!.id);
    await expect(service.deleteBinding(caller, namespaceId, binding!.id)).rejects.toMatchObject({ code: 'binding_not_found' });
    await expect(service.deleteBinding(caller, namespaceId, "b_'\0; drop")).rejects.toMatchObject({ code: 'binding_not_found' });
    await service.deleteQueue(caller, namespaceId, 'mail');
    await expect(service.deleteQueue(caller, namespaceId, 'mail')).rejects.toMatchObject({ code: 'queue_not_found', params: { queue: 'mail' } });
    await service.deleteExchange(caller, namespaceId, 'orders');
    await expect(service.deleteExchange(caller, namespaceId, 'orders')).rejects.toMatchObject({ code: 'exchange_not_found' });
    expect([...(await snapshot()).keys()]).toEqual(['version']);
  });

  it('deletes a queue with its messages, its due entry and the bindings to it', async () => {
    const { caller, namespaceId } = home;
    await service.putExchange(caller, namespaceId, 'orders', { kind: 'fanout' });
    const { queue } = await service.putQueue(caller, namespaceId, 'mail', standard);
    await service.putQueue(caller, namespaceId, 'sms', standard);
    await service.putBindings(caller, namespaceId, 'orders', [toQueue('mail'), toQueue('sms')]);
    await redis.xadd(keys.messages(namespaceId, queue.id), '1-0', 'r', 'body');
    await redis.zadd(keys.due(namespaceId), 5, queue.id, 6, 'q_other');
    await service.deleteQueue(caller, namespaceId, 'mail');
    expect(await redis.exists(keys.queue(namespaceId, queue.id), keys.messages(namespaceId, queue.id))).toBe(0);
    expect(await redis.zrange(keys.due(namespaceId), '0', '-1')).toEqual(['q_other']);
    expect((await service.listBindings(caller, namespaceId, page)).items.map((binding) => binding.destination)).toEqual([{ queue: 'sms' }]);
    expect((await snapshot()).size).toBe(4);
    const recreated = await service.putQueue(caller, namespaceId, 'mail', standard);
    expect(recreated.queue.id).not.toBe(queue.id);
  });

  it('deletes an exchange with more bindings than one version holds, bindings first', async () => {
    const { caller, namespaceId } = home;
    await service.putExchange(caller, namespaceId, 'orders', { kind: 'direct' });
    await service.putQueue(caller, namespaceId, 'mail', standard);
    for (let batch = 0; batch < 3; batch += 1) {
      await service.putBindings(caller, namespaceId, 'orders', Array.from({ length: 1_000 }, (_, i) => toQueue('mail', `k${batch}.${i}`)));
    }
    expect(await version()).toBe('5');
    expect(await service.getExchange(caller, namespaceId, 'orders')).toMatchObject({ bindings: 3_000 });
    expect(await service.getQueue(caller, namespaceId, 'mail')).toMatchObject({ bindings: 3_000 });
    await service.deleteExchange(caller, namespaceId, 'orders');
    expect(await version()).toBe('9');
    const changes = await redis.xrange(keys.topologyChanges(namespaceId), '6-0', '+');
    expect(changes.map(([id, [, ops]]) => [id, JSON.parse(ops!).length])).toEqual([['6-0', 1_000], ['7-0', 1_000], ['8-0', 1_000], ['9-0', 1]]);
    expect([...(await snapshot()).keys()].sort()).toEqual(['q:mail', 'version']);
  });

  it('refuses bindings that would close a loop, whatever their length', async () => {
    const { caller, namespaceId } = home;
    for (const name of ['a', 'b', 'c', 'd']) await service.putExchange(caller, namespaceId, name, { kind: 'topic' });
    await service.putBindings(caller, namespaceId, 'a', [toExchange('b'), toExchange('d')]);
    await service.putBindings(caller, namespaceId, 'b', [toExchange('c')]);
    await expect(service.putBindings(caller, namespaceId, 'c', [toExchange('d'), toExchange('a')])).rejects.toMatchObject({ code: 'binding_loop', params: { source: 'c', destination: 'a' } });
    await expect(service.putBindings(caller, namespaceId, 'd', [toExchange('d')])).rejects.toMatchObject({ code: 'binding_loop' });
    await expect(service.putBindings(caller, namespaceId, 'c', [toExchange('d')])).resolves.toHaveLength(1);
    await service.deleteExchange(caller, namespaceId, 'b');
    await expect(service.putBindings(caller, namespaceId, 'c', [toExchange('a')])).resolves.toHaveLength(1);
  });

  it('lets only one of two bindings in that would close a loop together', async () => {
    const { caller, namespaceId } = home;
    for (const name of ['a', 'b']) await service.putExchange(caller, namespaceId, name, { kind: 'fanout' });
    const outcomes = await Promise.allSettled([service.putBindings(caller, namespaceId, 'a', [toExchange('b')]), service.putBindings(caller, namespaceId, 'b', [toExchange('a')])]);
    expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('keeps the default exchange first, built in, and out of reach', async () => {
    const { caller, namespaceId } = home;
    for (const name of ['Zebra', 'apple', '0']) await service.putExchange(caller, namespaceId, name, { kind: 'direct' });
    const names: string[] = [];
    let after: string | undefined;
    do {
      const part = await service.listExchanges(caller, namespaceId, { limit: 1, after });
      names.push(...part.items.map((exchange) => exchange.name));
      after = part.next ?? undefined;
    } while (after !== undefined);
    expect(names[0]).toBe('default');
    expect([...names].sort()).toEqual(['0', 'Zebra', 'apple', 'default']);
    expect(await service.getExchange(caller, namespaceId, 'default')).toMatchObject({ kind: 'default', builtIn: true });
    await service.putQueue(caller, namespaceId, 'mail', standard);
    for (const attempt of [
      service.putExchange(caller, namespaceId, 'default', { kind: 'direct' }),
      service.deleteExchange(caller, namespaceId, 'default'),
      service.putBindings(caller, namespaceId, 'default', [toQueue('mail')]),
      service.putBindings(caller, namespaceId, '0', [toExchange('default')]),
    ]) {
      await expect(attempt).rejects.toMatchObject({ code: 'exchange_builtin' });
    }
    await expect(service.listExchanges(caller, namespaceId, { limit: 1, after: 'x' })).rejects.toMatchObject({ code: 'request_invalid' });
  });

  it('pages through queues and narrows bindings', async () => {
    const { caller, namespaceId } = home;
    await service.putExchange(caller, namespaceId, 'orders', { kind: 'direct' });
    for (const name of ['a', 'b', 'c']) await service.putQueue(caller, namespaceId, name, standard);
    await service.putBindings(caller, namespaceId, 'orders', ['a', 'b', 'c'].map((name) => toQueue(name, 'k')));
    const first = await service.listQueues(caller, namespaceId, { limit: 2 });
    const second = await service.listQueues(caller, namespaceId, { limit: 2, after: first.next! });
    expect([first, second].map(({ items }) => items.map((queue) => queue.name))).toEqual([['a', 'b'], ['c']]);
    expect(second.next).toBeNull();
    expect((await service.listBindings(caller, namespaceId, { ...page, queue: 'b' })).items).toHaveLength(1);
    expect((await service.listBindings(caller, namespaceId, { ...page, exchange: 'orders' })).items).toHaveLength(3);
    expect((await service.listBindings(caller, namespaceId, { ...page, exchange: 'other' })).items).toHaveLength(0);
  });

  it('names every resource that usage can be counted on', async () => {
    const { caller, namespaceId } = home;
    const { exchange } = await service.putExchange(caller, namespaceId, 'orders', { kind: 'direct' });
    const { queue } = await service.putQueue(caller, namespaceId, 'mail', standard);
    expect(await service.names(caller, namespaceId)).toEqual(
      new Map([['default', { kind: 'exchange', name: 'default' }], [exchange.id, { kind: 'exchange', name: 'orders' }], [queue.id, { kind: 'queue', name: 'mail' }]]),
    );
  });

  it('refuses names that are not names', async () => {
    const { caller, namespaceId } = home;
    for (const name of ['', '.', '-a', 'a b', 'a/b', '{x}', 'é', 'a\n', 'x'.repeat(128)]) {
      await expect(service.putQueue(caller, namespaceId, name, standard)).rejects.toMatchObject({ code: 'name_invalid' });
      await expect(service.getExchange(caller, namespaceId, name)).rejects.toMatchObject({ code: 'name_invalid' });
    }
    await expect(service.putQueue(caller, namespaceId, 'x'.repeat(127), standard)).resolves.toMatchObject({ created: true });
  });

  it('answers a foreign namespace exactly like an absent one', async () => {
    const other = await newHome(fresh.database);
    await service.putQueue(home.caller, home.namespaceId, 'mail', standard);
    const keyOfOther = { ...home.caller, namespaceId: newId('namespace') };
    for (const [caller, namespaceId] of [[other.caller, home.namespaceId], [other.caller, newId('namespace')], [other.caller, "ns_'\0"], [keyOfOther, home.namespaceId]] as const) {
      const attempts: (() => Promise<unknown>)[] = [
        () => service.listExchanges(caller, namespaceId, page), () => service.getExchange(caller, namespaceId, 'default'),
        () => service.putExchange(caller, namespaceId, 'x', { kind: 'direct' }), () => service.deleteExchange(caller, namespaceId, 'x'),
        () => service.listQueues(caller, namespaceId, page), () => service.getQueue(caller, namespaceId, 'mail'),
        () => service.putQueue(caller, namespaceId, 'mail', standard), () => service.deleteQueue(caller, namespaceId, 'mail'),
        () => service.listBindings(caller, namespaceId, page), () => service.putBindings(caller, namespaceId, 'x', [toQueue('mail')]),
        () => service.deleteBinding(caller, namespaceId, 'b_0000000000000000'), () => service.names(caller, namespaceId),
        () => service.setMessageLog(caller, namespaceId, false),
      ];
      for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'namespace_not_found', params: {} });
    }
    expect((await service.listQueues(home.caller, home.namespaceId, page)).items).toHaveLength(1);
  });
});
