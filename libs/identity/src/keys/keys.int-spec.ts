import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@waybill/kernel';
import type { Caller, NamespaceId } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import { eventually, freshDatabase, openTestRedis } from '@waybill/testing';
import type { FreshDatabase } from '@waybill/testing';
import { openIdentity, openKeyDirectory } from '../open-identity.store.js';
import type { Identity } from '../open-identity.store.js';
import type { KeyDirectory } from './key-directory.js';
import { keyLimit } from './api-keys.js';

const refused = (code: string) => expect.objectContaining({ code });

describe('API keys of a namespace', () => {
  let fresh: FreshDatabase;
  let redis: Redis;
  let subscriber: Redis;
  let identity: Identity;
  let directory: KeyDirectory;
  let caller: Caller;
  let namespaceId: NamespaceId;

  beforeAll(async () => {
    fresh = await freshDatabase();
    redis = await openTestRedis();
    subscriber = await openTestRedis({ role: 'subscriber' });
    identity = openIdentity({ database: fresh.database, redis, logger: silentLogger });
    directory = await openKeyDirectory({ redis, subscriber });
  });
  afterAll(async () => {
    redis?.disconnect();
    subscriber?.disconnect();
    await fresh?.drop();
  });
  beforeEach(async () => {
    ({ caller, namespaceId } = await newOwner());
  });

  async function newOwner(): Promise<{ caller: Caller; namespaceId: NamespaceId }> {
    const name = randomBytes(6).toString('hex');
    const userId = await identity.accounts.signUp({ email: `${name}@example.com`, password: 'a long wonder of words', tenantName: name, remoteAddress: name });
    const owner = await identity.sessions.authenticate(await identity.sessions.start(userId), null);
    const { tenants } = await identity.accounts.view(userId);
    return { caller: owner, namespaceId: tenants[0]?.namespaces[0]?.id as NamespaceId };
  }
  const verify = async (key: string): Promise<Caller> => directory.verify(key);
  const create = (name = 'worker') => identity.apiKeys.create(caller, namespaceId, { name, scopes: ['publish'] });
  const isPublished = async (id: string) => (await fresh.query(`SELECT published FROM api_keys WHERE id = '${id}'`))[0]?.['published'];

  it('work at once, without PostgreSQL being asked', async () => {
    const { id, secret } = await create();
    expect(await verify(secret)).toMatchObject({ actor: { kind: 'api_key', id }, tenantId: caller.tenantId, namespaceId });
    expect(await isPublished(id)).toBe(true);
  });

  it('are shown once: neither the list, PostgreSQL nor Redis has the secret', async () => {
    const { id, secret, preview } = await create();
    const secretPart = secret.split('_')[3] ?? '';
    const [listed] = await identity.apiKeys.list(caller, namespaceId);
    expect(listed).toMatchObject({ id, preview, revokedAt: null });
    expect(secret.startsWith(preview.slice(0, -1))).toBe(true);
    const kept = JSON.stringify([listed, await fresh.query(`SELECT api_keys::text FROM api_keys WHERE id = '${id}'`), await redis.get(`waybill:key:${id}`)]);
    expect(kept).not.toContain(secretPart);
  });

  it('are refused everywhere as soon as they are revoked, and stay so when revoked again', async () => {
    const { id, secret } = await create();
    await verify(secret);
    await identity.apiKeys.revoke(caller, namespaceId, id);
    await eventually(() => expect(verify(secret)).rejects.toEqual(refused('api_key_revoked')));
    const [{ revokedAt } = { revokedAt: null }] = await identity.apiKeys.list(caller, namespaceId);
    await identity.apiKeys.revoke(caller, namespaceId, id);
    expect((await identity.apiKeys.list(caller, namespaceId))[0]?.revokedAt).toBe(revokedAt);
  });

  it('belong to one namespace: another tenant finds neither the key nor the namespace', async () => {
    const { id, secret } = await create();
    const other = await newOwner();
    for (const attempt of [
      identity.apiKeys.list(other.caller, namespaceId),
      identity.apiKeys.create(other.caller, namespaceId, { name: 'x', scopes: ['manage'] }),
      identity.apiKeys.revoke(other.caller, namespaceId, id),
      identity.namespaces.open(await verify(secret), other.namespaceId),
    ]) await expect(attempt).rejects.toEqual(refused('namespace_not_found'));
    await expect(identity.apiKeys.revoke(other.caller, other.namespaceId, id)).rejects.toEqual(refused('api_key_not_found'));
    await expect(verify(secret)).resolves.toBeDefined();
  });

  it('must not have expired before they are made', async () => {
    const late = identity.apiKeys.create(caller, namespaceId, { name: 'late', scopes: ['publish'], expiresAt: '2020-01-01T00:00:00Z' });
    await expect(late).rejects.toEqual(refused('request_invalid'));
  });

  it('are at most a hundred that are not revoked, also when made at the same time', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: keyLimit + 5 }, (_, index) => create(`k${index}`)));
    const refusals = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refusals.map(({ reason }) => reason.code)).toEqual(Array(5).fill('limit_reached'));
    const [first] = await identity.apiKeys.list(caller, namespaceId);
    await identity.apiKeys.revoke(caller, namespaceId, first?.id ?? '');
    await expect(create()).resolves.toBeDefined();
  });

  describe('while Redis is away', () => {
    const offline = async (): Promise<Identity> => {
      const away = await openTestRedis();
      away.disconnect();
      return openIdentity({ database: fresh.database, redis: away, logger: silentLogger });
    };

    it('are made and revoked with topology_not_published, and the relay brings them into force', async () => {
      const { id, secret } = await create();
      const away = await offline();
      await expect(away.apiKeys.create(caller, namespaceId, { name: 'x', scopes: ['publish'] })).rejects.toEqual(refused('topology_not_published'));
      await expect(away.apiKeys.revoke(caller, namespaceId, id)).rejects.toEqual(refused('topology_not_published'));
      await expect(verify(secret)).resolves.toBeDefined();
      await identity.keyPublisher.relay();
      await eventually(() => expect(verify(secret)).rejects.toEqual(refused('api_key_revoked')));
      const keys = await identity.apiKeys.list(caller, namespaceId);
      expect(await Promise.all(keys.map((key) => isPublished(key.id)))).toEqual([true, true]);
    });

    it('make the relay fail, so that its runner can tell', async () => {
      await expect((await offline()).keyPublisher.relay()).rejects.toEqual(refused('store_unavailable'));
    });
  });

  it('come back when Redis has lost them, revoked ones as revoked', async () => {
    const [kept, gone] = [await create('kept'), await create('gone')];
    await identity.apiKeys.revoke(caller, namespaceId, gone.id);
    await redis.del(`waybill:key:${kept.id}`, `waybill:key:${gone.id}`, 'waybill:keys:complete');
    directory.onGap();
    await expect(verify(kept.secret)).rejects.toEqual(refused('api_key_invalid'));
    expect(await identity.keyPublisher.relay()).toBeGreaterThanOrEqual(2);
    await eventually(() => expect(verify(kept.secret)).resolves.toBeDefined());
    await expect(verify(gone.secret)).rejects.toEqual(refused('api_key_revoked'));
    expect(await identity.keyPublisher.relay()).toBe(0);
  });

  it('cannot be brought back by a late writer that did not hear of the revocation', async () => {
    const { id, secret } = await create();
    const before = JSON.parse((await redis.get(`waybill:key:${id}`)) ?? '');
    await identity.apiKeys.revoke(caller, namespaceId, id);
    const { PublishedKeyStore } = await import('./published-key.store.js');
    await new PublishedKeyStore(redis).write([before]);
    directory.onGap();
    await expect(verify(secret)).rejects.toEqual(refused('api_key_revoked'));
  });

  it('are read anew after the subscription was cut, because a change may have been missed', async () => {
    const { id, secret } = await create();
    await verify(secret);
    subscriber.disconnect(true);
    // Changed without a word on the channel: only a cleared cache can show it.
    await redis.set(`waybill:key:${id}`, JSON.stringify({ ...JSON.parse((await redis.get(`waybill:key:${id}`)) ?? ''), revokedAt: 1 }));
    await eventually(() => expect(verify(secret)).rejects.toEqual(refused('api_key_revoked')));
  });
});
