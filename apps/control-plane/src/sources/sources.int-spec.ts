import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openSourceDirectory, SecretBox } from '@waybill/delivery';
import { HeldClock } from '@waybill/kernel';
import { loadConfig } from '@waybill/platform';
import { eventually, testServer } from '@waybill/testing';
import { openRedis } from '@waybill/broker';
import type { Redis } from '@waybill/broker';
import { ControlPlaneUnderTest } from '../../test/control-plane-under-test.js';
import type { Answer, Owner } from '../../test/control-plane-under-test.js';

let plane: ControlPlaneUnderTest;
let owner: Owner;
let redis: Redis;
const github = { exchange: 'default', key: 'github.{{header:x-github-event}}', scheme: { kind: 'github' } };
const standard = { exchange: 'default', key: 'in', scheme: { kind: 'standard' } };

beforeAll(async () => {
  plane = await ControlPlaneUnderTest.start();
  owner = await plane.newOwner();
  redis = openRedis(testServer('WAYBILL_TEST_REDIS_URL'), 'commands');
});
afterAll(async () => {
  redis.disconnect();
  await plane.stop();
});

const ask = (method: string, path: string, body?: unknown, who: Owner = owner): Promise<Answer> => plane.ask(method, `/api/v1/namespaces/${owner.namespace}/sources${path}`, { cookie: who.cookie, ...(body === undefined ? {} : { body }) });
const copyOf = async (id: string) => JSON.parse((await redis.hget(`waybill:source:${id}`, 'value')) || 'null') as { version: number; secrets: unknown[] } | null;
/** As a gateway would. */
const takes = async (id: string, secret: string): Promise<boolean> => {
  const directory = openSourceDirectory({ redis, box: new SecretBox(loadConfig({}).secretsKeys), clock: new HeldClock(Date.now()) });
  const body = Buffer.from('{}');
  const { verify } = await directory.find(id);
  try {
    return verify({ 'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` }, body, Date.now()) !== undefined;
  } catch {
    return false;
  }
};

describe('sources', () => {
  it('are made with a secret that nobody reads again, and are in force when the call is answered', async () => {
    const made = await ask('PUT', '/github', { ...github, secret: 'hunter2hunter2', description: 'Code' });
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'github', ...github, url: expect.stringMatching(/^http:\/\/localhost:3001\/v1\/in\/src_/), paused: false, secret: null, secrets: [{ id: expect.stringMatching(/^sec_/), liveUntil: null }] },
    });
    expect(await takes(made.body.id, 'hunter2hunter2')).toBe(true);
    for (const { body } of [await ask('GET', '/github'), await ask('GET', ''), { body: await copyOf(made.body.id) }]) expect(JSON.stringify(body)).not.toContain('hunter2');
    expect(JSON.stringify(await plane.fresh.query('SELECT * FROM sources'))).not.toContain('hunter2');
  });

  it('of Standard Webhooks get a secret that is shown once', async () => {
    const made = await ask('PUT', '/standard', standard);
    expect(made).toMatchObject({ status: 201, body: { secret: { value: expect.stringMatching(/^whsec_/) }, scheme: { kind: 'standard', toleranceSeconds: 300 } } });
    expect((await ask('GET', '/standard')).body).not.toHaveProperty('secret');
  });

  it('keep address and secrets when their settings change', async () => {
    const before = (await ask('PUT', '/change', { ...github, secret: 'hunter2hunter2' })).body;
    const after = await ask('PUT', '/change', { ...github, key: 'other', paused: true });
    expect(after).toMatchObject({ status: 200, body: { id: before.id, url: before.url, key: 'other', paused: true, secrets: before.secrets } });
    expect(await copyOf(before.id)).toMatchObject({ version: 2, paused: true });
    expect(await ask('PUT', '/change', { ...github, secret: 'another secret' })).toMatchObject({ status: 400, body: { code: 'setting_invalid' } });
    expect(await ask('PUT', '/change', { ...github, scheme: { kind: 'standard' } })).toMatchObject({ status: 400, body: { code: 'setting_invalid' } });
  });

  it('change their secrets: the old one runs out, and the last one stays', async () => {
    const { id, secrets } = (await ask('PUT', '/rotate', { ...github, secret: 'the first one' })).body;
    expect(await ask('DELETE', `/rotate/secrets/${secrets[0].id}`)).toMatchObject({ status: 409, body: { code: 'secret_last' } });
    const added = await ask('POST', '/rotate/secrets', { value: 'the second one' });
    expect(added).toMatchObject({ status: 201, body: { value: 'the second one', liveUntil: null } });
    expect([await takes(id, 'the first one'), await takes(id, 'the second one')]).toEqual([true, true]);
    expect((await ask('GET', '/rotate')).body.secrets).toEqual([expect.objectContaining({ id: added.body.id, liveUntil: null }), expect.objectContaining({ id: secrets[0].id, liveUntil: expect.any(String) })]);
    expect(await ask('DELETE', `/rotate/secrets/${secrets[0].id}`)).toMatchObject({ status: 204 });
    expect([await takes(id, 'the first one'), await takes(id, 'the second one')]).toEqual([false, true]);
    expect(await ask('DELETE', `/rotate/secrets/${secrets[0].id}`)).toMatchObject({ status: 404, body: { code: 'secret_not_found' } });
    for (let i = 0; i < 4; i += 1) expect(await ask('POST', '/rotate/secrets', { value: `secret ${i} of many` })).toMatchObject({ status: 201 });
    expect(await ask('POST', '/rotate/secrets', { value: 'one too many' })).toMatchObject({ status: 409, body: { code: 'limit_reached' } });
  });

  it('are gone for gateways when their deletion is answered, and their name is free again', async () => {
    const { id } = (await ask('PUT', '/gone', { ...github, secret: 'hunter2hunter2' })).body;
    expect(await ask('DELETE', '/gone')).toMatchObject({ status: 204 });
    expect(await copyOf(id)).toBeNull();
    expect(await plane.fresh.query(`SELECT 1 FROM sources WHERE id = '${id}'`)).toEqual([]);
    expect(await ask('DELETE', '/gone')).toMatchObject({ status: 404, body: { code: 'source_not_found' } });
    const again = await ask('PUT', '/gone', { ...github, secret: 'hunter2hunter2' });
    expect(again.status).toBe(201);
    expect(again.body.id).not.toBe(id);
  });

  it('are listed by name, page by page', async () => {
    const names: string[] = [];
    for (let next: string | null = ''; next !== null; ) {
      const { body } = await ask('GET', `?limit=2${next === '' ? '' : `&after=${next}`}`);
      names.push(...body.items.map(({ name }: { name: string }) => name));
      next = body.next;
    }
    expect(names).toEqual(['change', 'github', 'gone', 'rotate', 'standard']);
  });

  it.each([
    ['without the secret of the provider', { ...github }, 400, 'setting_invalid'], ['with a secret of another form', { ...standard, secret: 'whsec_short' }, 400, 'setting_invalid'],
    ['with a key that is no template', { ...github, key: '{{body:a..b}}', secret: 'hunter2hunter2' }, 400, 'setting_invalid'], ['with an exchange that is not there', { ...github, exchange: 'none', secret: 'hunter2hunter2' }, 404, 'exchange_not_found'],
    ['with an unknown scheme', { ...github, scheme: { kind: 'md5' }, secret: 'hunter2hunter2' }, 400, 'request_invalid'], ['with a field it does not know', { ...github, secret: 'hunter2hunter2', url: 'x' }, 400, 'request_invalid'],
  ])('are refused %s', async (_what, body, status, code) => {
    expect(await ask('PUT', '/refused', body)).toMatchObject({ status, body: { code } });
    expect(await ask('GET', '/refused')).toMatchObject({ status: 404, body: { code: 'source_not_found' } });
  });

  it('say how many calls were refused and why the last one, to their own tenant', async () => {
    const { id } = (await ask('GET', '/github')).body;
    expect((await ask('GET', '/github/refusals')).body).toEqual({ calls: 0, lastAt: null, lastReason: null });
    await redis.hset(`waybill:source:${id}:refused`, { calls: 7, lastAtMs: 1_700_000_000_000, lastReason: 'untimely' });
    expect((await ask('GET', '/github/refusals')).body).toEqual({ calls: 7, lastAt: '2023-11-14T22:13:20.000Z', lastReason: 'untimely' });
    expect((await ask('GET', '/none/refusals')).body.code).toBe('source_not_found');
  });

  it('of another tenant answer as if they were not there', async () => {
    const other = await plane.newOwner();
    for (const [method, path, body] of [['GET', '', undefined], ['GET', '/github', undefined], ['GET', '/github/refusals', undefined], ['PUT', '/github', { ...github, secret: 'hunter2hunter2' }], ['DELETE', '/github', undefined], ['POST', '/github/secrets', { value: 'hunter2hunter2' }], ['DELETE', '/github/secrets/sec_x', undefined]] as const) {
      expect(await ask(method, path, body, other)).toMatchObject({ status: 404, body: { code: 'namespace_not_found' } });
    }
    expect(await ask('GET', '/github')).toMatchObject({ status: 200 });
  });

  it('come back into Redis when it has lost them', async () => {
    const { id } = (await ask('GET', '/github')).body;
    await redis.del(`waybill:source:${id}`, 'waybill:sources:complete');
    await eventually(async () => {
      if ((await copyOf(id)) !== null) return;
      // Specs beside this one have the same Redis and a database of their own, for which they call it complete.
      await redis.del('waybill:sources:complete');
      throw new Error('not there yet');
    }, 20_000);
    expect(await takes(id, 'hunter2hunter2')).toBe(true);
  });

  it('never go back to an older version in Redis', async () => {
    const { id } = (await ask('GET', '/change')).body;
    const newer = await copyOf(id);
    await redis.hset(`waybill:source:${id}`, { version: 99 });
    await ask('PUT', '/change', { ...github, key: 'late' });
    expect(await copyOf(id)).toEqual(newer);
  });
});
