import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ControlPlaneUnderTest } from '../../test/control-plane-under-test.js';
import type { Ask, Owner } from '../../test/control-plane-under-test.js';

describe('definitions over HTTP', () => {
  let plane: ControlPlaneUnderTest;
  let owner: Owner;

  beforeAll(async () => {
    plane = await ControlPlaneUnderTest.start();
  });
  afterAll(() => plane?.stop());
  beforeEach(async () => {
    owner = await plane.newOwner();
  });
  const ask = (method: string, path: string, more: Ask = {}) => plane.ask(method, `/api/v1/namespaces/${owner.namespace}${path}`, { cookie: owner.cookie, ...more });

  it('give a queue every setting, show them all, and take back what was shown', async () => {
    await ask('PUT', '/exchanges/morgue', { body: { kind: 'fanout' } });
    const settings = {
      kind: 'fifo', leaseSeconds: 5, deliveryLimit: null, messageTtlSeconds: 60, maxMessages: 10, maxBytes: 1_024, overflow: 'drop-oldest-to-dead-letters',
      dedup: { windowSeconds: 60, by: 'body' }, retry: { kind: 'list', delaysSeconds: [1, 2], jitter: 0.5 }, deadLetterExchange: 'morgue', deadLetterKey: 'k',
      singleActiveConsumer: true, deleteWhenIdleSeconds: 3_600, fair: false, poison: 'park-group',
    };
    const created = await ask('PUT', '/queues/mail', { body: settings });
    expect(created).toMatchObject({ status: 201, body: { name: 'mail', bindings: 0, ...settings } });
    expect((await ask('GET', '/queues/mail')).body).toEqual(created.body);
    expect(await ask('PUT', '/queues/mail', { body: settings })).toMatchObject({ status: 200, body: created.body });
    const usual = { ...settings, kind: 'standard', poison: 'dead-letter' };
    expect((await ask('PUT', '/queues/mail', { body: usual })).body).toMatchObject({ status: 409, code: 'queue_conflict' });
  });

  it('give a queue that says nothing the usual settings', async () => {
    expect((await ask('PUT', '/queues/mail', { body: {} })).body).toEqual({
      id: expect.stringMatching(/^q_/), name: 'mail', kind: 'standard', leaseSeconds: 30, deliveryLimit: 10, messageTtlSeconds: null, maxMessages: null, maxBytes: null,
      overflow: 'reject', dedup: null, retry: null, deadLetterExchange: null, deadLetterKey: null, singleActiveConsumer: false, deleteWhenIdleSeconds: null, fair: false,
      poison: 'dead-letter', bindings: 0, createdAt: expect.any(String),
    });
    expect((await ask('PUT', '/queues/jobs', { body: { dedup: { windowSeconds: 60 }, retry: { kind: 'exponential', firstSeconds: 1, maxSeconds: 60 } } })).body).toMatchObject({
      dedup: { windowSeconds: 60, by: 'id' }, retry: { kind: 'exponential', firstSeconds: 1, factor: 2, maxSeconds: 60, jitter: 0 },
    });
  });

  it('create exchanges of every kind and change their settings in place', async () => {
    for (const kind of ['direct', 'topic', 'fanout', 'headers', 'filter', 'consistent-hash', 'delayed']) {
      expect(await ask('PUT', `/exchanges/of-${kind}`, { body: { kind } })).toMatchObject({ status: 201, body: { kind, alternate: null } });
    }
    expect(await ask('PUT', '/exchanges/of-delayed', { body: { kind: 'delayed', delaySeconds: 60, alternate: 'of-topic' } })).toMatchObject({
      status: 200, body: { delaySeconds: 60, routesAs: 'topic', hashOn: null, alternate: 'of-topic' },
    });
    expect((await ask('PUT', '/exchanges/of-consistent-hash', { body: { kind: 'consistent-hash', hashOn: { header: 'customer' } } })).body.hashOn).toEqual({ header: 'customer' });
    expect((await ask('PUT', '/exchanges/of-topic', { body: { kind: 'topic', alternate: 'of-delayed' } })).body).toMatchObject({ status: 409, code: 'binding_loop' });
    expect((await ask('DELETE', '/exchanges/of-topic')).status).toBe(204);
    expect((await ask('GET', '/exchanges/of-delayed')).body.alternate).toBeNull();
  });

  it('bind by absent headers, filter, split and weight', async () => {
    await ask('PUT', '/queues/mail', { body: {} });
    for (const [kind, rule] of [
      ['headers', { headers: { a: 'b' }, absent: ['c'] }],
      ['filter', { filter: { body: { total: [{ numeric: ['>', 10] }] } }, split: 'canary', weight: 5 }],
      ['consistent-hash', { weight: 7 }],
    ] as const) {
      await ask('PUT', `/exchanges/of-${kind}`, { body: { kind } });
      const bindings = [{ destination: { queue: 'mail' }, ...rule }];
      const bound = await ask('PUT', `/exchanges/of-${kind}/bindings`, { body: { bindings } });
      expect(bound).toMatchObject({ status: 201, body: { items: [{ created: true, ...rule }] } });
      expect(await ask('PUT', `/exchanges/of-${kind}/bindings`, { body: { bindings } })).toMatchObject({ status: 200, body: { items: [{ id: bound.body.items[0].id }] } });
    }
    expect((await ask('GET', '/bindings?exchange=of-filter')).body.items).toMatchObject([{ filter: { body: { total: [{ numeric: ['>', 10] }] } }, split: 'canary', weight: 5 }]);
  });

  it.each([
    ['a lease of more than a day', { leaseSeconds: 86_401 }, 'request_invalid'],
    ['a negative lease', { leaseSeconds: -1 }, 'request_invalid'],
    ['a time to live of no time', { messageTtlSeconds: 0 }, 'request_invalid'],
    ['a time to live past a year', { messageTtlSeconds: 31_536_001 }, 'request_invalid'],
    ['half a message', { maxMessages: 0.5 }, 'request_invalid'],
    ['more bytes than a TiB', { maxBytes: 2 ** 40 + 1 }, 'request_invalid'],
    ['a dedup window of a second', { dedup: { windowSeconds: 1 } }, 'request_invalid'],
    ['21 retry delays', { retry: { kind: 'list', delaysSeconds: Array(21).fill(1) } }, 'request_invalid'],
    ['retry delays that grow elevenfold', { retry: { kind: 'exponential', firstSeconds: 1, factor: 11, maxSeconds: 9 } }, 'request_invalid'],
    ['jitter above one', { retry: { kind: 'list', delaysSeconds: [1], jitter: 1.1 } }, 'request_invalid'],
    ['an unknown retry policy', { retry: { kind: 'never' } }, 'request_invalid'],
    ['an unknown setting', { durable: true }, 'request_invalid'],
    ['a name of an exchange that is none', { deadLetterExchange: 'a b' }, 'name_invalid'],
    ['fair turns of a priority queue', { kind: 'priority', fair: true }, 'setting_invalid'],
    ['a text that PostgreSQL cannot hold', { deadLetterExchange: 'morgue', deadLetterKey: '\0' }, 'text_invalid'],
  ])('answer a queue with %s with 400 and its own code', async (_case, body, code) => {
    expect((await ask('PUT', '/queues/mail', { body })).body).toMatchObject({ status: 400, code, issues: expect.any(Array) });
    expect((await ask('GET', '/queues')).body.items).toEqual([]);
  });

  it.each([
    ['a number beyond all numbers', '{"maxBytes":1e999}', 'request_invalid'],
    ['a number of 5,000 digits', `{"leaseSeconds":${'9'.repeat(5_000)}}`, 'request_invalid'],
    ['a hundred thousand open brackets', '['.repeat(100_000), 'body_too_deep'],
    ['a hundred thousand levels', `{"retry":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'body_too_deep'],
    ['a prototype', '{"__proto__":{"kind":"fifo"}}', 'request_malformed_json'],
    ['no JSON', '{leaseSeconds:5}', 'request_malformed_json'],
    ['a list', '[]', 'request_invalid'],
  ])('answer a body with %s with 400', async (_case, text, code) => {
    expect((await ask('PUT', '/queues/mail', { text })).body).toMatchObject({ status: 400, code });
  });

  it('answer a filter of forty levels with 400 and say where', async () => {
    await ask('PUT', '/queues/mail', { body: {} });
    await ask('PUT', '/exchanges/orders', { body: { kind: 'filter' } });
    const text = `{"bindings":[{"destination":{"queue":"mail"},"filter":{"body":${'{"a":'.repeat(40)}[1]${'}'.repeat(40)}}}]}`;
    expect((await ask('PUT', '/exchanges/orders/bindings', { text })).body).toMatchObject({ status: 400, code: 'filter_invalid', issues: [{ path: expect.stringMatching(/^bindings\.0\.filter\.body\.a/) }] });
    expect((await ask('GET', '/bindings')).body.items).toEqual([]);
  });

  it('refuse the names of reply addresses', async () => {
    expect((await ask('PUT', '/queues/reply.x', { body: {} })).body).toMatchObject({ status: 400, code: 'name_invalid' });
  });

  describe('of a namespace', () => {
    it('turn the message log off and on, and say so', async () => {
      const shown = await ask('GET', '');
      expect(shown).toMatchObject({ status: 200, body: { id: owner.namespace, name: 'default', environment: 'test', messageLog: true } });
      expect(await ask('PATCH', '', { body: { messageLog: false } })).toMatchObject({ status: 200, body: { ...shown.body, messageLog: false } });
      expect((await ask('GET', '')).body.messageLog).toBe(false);
      expect(await ask('PATCH', '', { body: { messageLog: true } })).toMatchObject({ status: 200, body: shown.body });
    });

    it('are changed by keys that manage and by nobody else', async () => {
      const [manage, consume] = [await plane.newKey(owner, ['manage']), await plane.newKey(owner, ['consume'])];
      expect(await ask('PATCH', '', { cookie: undefined, key: manage, body: { messageLog: false } })).toMatchObject({ status: 200, body: { messageLog: false } });
      expect((await ask('PATCH', '', { cookie: undefined, key: consume, body: { messageLog: true } })).body.code).toBe('permission_missing');
      expect((await ask('GET', '')).body.messageLog).toBe(false);
    });

    it.each([['nothing', {}], ['a word', { messageLog: 'off' }], ['another name', { messageLog: false, name: 'mine' }]])('refuse %s', async (_case, body) => {
      expect((await ask('PATCH', '', { body })).body).toMatchObject({ status: 400, code: 'request_invalid' });
      expect((await ask('GET', '')).body.messageLog).toBe(true);
    });
  });
});
