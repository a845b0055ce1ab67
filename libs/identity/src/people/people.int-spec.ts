import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { HeldClock, silentLogger } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import { freshDatabase, openTestRedis } from '@waybill/testing';
import type { FreshDatabase } from '@waybill/testing';
import { openIdentity } from '../open-identity.store.js';
import type { Identity } from '../open-identity.store.js';
import { sessionLimits } from './sessions.js';
import { attemptLimits, SignInAttempts } from './sign-in-attempts.store.js';

const password = 'a long wonder of words';
const refused = (code: string, params = {}) => expect.objectContaining({ code, params: expect.objectContaining(params) });

describe('people', () => {
  let fresh: FreshDatabase;
  let redis: Redis;
  let clock: HeldClock;
  let identity: Identity;
  let email: string;
  let remoteAddress: string;

  beforeAll(async () => {
    fresh = await freshDatabase();
    redis = await openTestRedis();
  });
  afterAll(async () => {
    redis?.disconnect();
    await fresh?.drop();
  });
  beforeEach(() => {
    clock = new HeldClock(Date.now());
    identity = openIdentity({ database: fresh.database, redis, logger: silentLogger, clock });
    email = `${randomBytes(6).toString('hex')}@example.com`;
    remoteAddress = `test-${randomBytes(6).toString('hex')}`;
  });
  const signUp = () => identity.accounts.signUp({ email, password, tenantName: 'Acme', remoteAddress });

  it('get a tenant with a test namespace "default" and own it', async () => {
    const userId = await signUp();
    expect(await identity.accounts.view(userId)).toEqual({
      user: { id: userId, email }, operator: null,
      tenants: [{
        id: expect.stringMatching(/^tnt_/), name: 'Acme', role: 'owner',
        namespaces: [{ id: expect.stringMatching(/^ns_/), name: 'default', environment: 'test', createdAt: new Date(clock.nowMs()).toISOString() }],
      }],
    });
  });

  it('cannot sign up twice with one address, and the second attempt leaves nothing behind', async () => {
    await signUp();
    const tenants = async () => (await fresh.query('SELECT count(*)::int AS n FROM tenants'))[0]?.['n'];
    const before = await tenants();
    await expect(signUp()).rejects.toEqual(refused('email_taken'));
    expect(await tenants()).toBe(before);
  });

  it('have their password stored as an argon2id hash only', async () => {
    await signUp();
    const [row] = await fresh.query(`SELECT password_hash FROM users WHERE email = '${email}'`);
    expect(row?.['password_hash']).toMatch(/^\$argon2id\$/);
  });

  it('are told the same for a wrong password and an unknown address', async () => {
    const userId = await signUp();
    expect(await identity.accounts.checkPassword(email, password, remoteAddress)).toBe(userId);
    await expect(identity.accounts.checkPassword(email, 'another password', remoteAddress)).rejects.toEqual(refused('credentials_wrong'));
    await expect(identity.accounts.checkPassword(`x${email}`, password, remoteAddress)).rejects.toEqual(refused('credentials_wrong'));
  });

  it('may try ten times in a quarter of an hour, then are told how long to wait, the right password included', async () => {
    const attempts = new SignInAttempts(redis);
    for (let attempt = 0; attempt < attemptLimits.perPerson; attempt += 1) await attempts.count(email, remoteAddress);
    await expect(identity.accounts.checkPassword(email, password, remoteAddress)).rejects.toEqual(refused('sign_in_rate_limited', { retryAfterSeconds: attemptLimits.windowSeconds }));
    await expect(attempts.count(email, `${remoteAddress}-other`)).resolves.toBeUndefined();
    await attempts.forget(email, remoteAddress);
    await expect(attempts.count(email, remoteAddress)).resolves.toBeUndefined();
  });

  it('are limited together by their network address, whatever e-mail they try', async () => {
    const attempts = new SignInAttempts(redis);
    await Promise.all(Array.from({ length: attemptLimits.perAddress }, (_, index) => attempts.count(`${index}${email}`, remoteAddress)));
    await expect(attempts.count(email, remoteAddress)).rejects.toEqual(refused('sign_in_rate_limited'));
  });

  it('are not let in unlimited when Redis is away', async () => {
    const away = await openTestRedis();
    away.disconnect();
    const blind = openIdentity({ database: fresh.database, redis: away, logger: silentLogger });
    await expect(blind.accounts.checkPassword(email, password, remoteAddress)).rejects.toEqual(refused('store_unavailable'));
  });

  describe('with a session', () => {
    it('are callers of their first tenant, or of the tenant of the namespace', async () => {
      const userId = await signUp();
      const { tenants } = await identity.accounts.view(userId);
      const token = await identity.sessions.start(userId);
      const caller = await identity.sessions.authenticate(token, null);
      expect(caller).toMatchObject({ actor: { kind: 'user', id: userId }, tenantId: tenants[0]?.id, namespaceId: null });
      expect(caller.permissions.has('keys:write')).toBe(true);
      expect((await identity.sessions.authenticate(token, tenants[0]?.namespaces[0]?.id ?? '')).tenantId).toBe(tenants[0]?.id);
    });

    it('cannot tell a foreign namespace from an absent one', async () => {
      const mine = await identity.sessions.start(await signUp());
      email = `other-${email}`;
      const theirs = (await identity.accounts.view(await signUp())).tenants[0]?.namespaces[0]?.id ?? '';
      for (const id of [theirs, 'ns_absent', '']) await expect(identity.sessions.authenticate(mine, id)).rejects.toEqual(refused('namespace_not_found'));
    });

    it('have a random token of 256 bits, of which only the hash is stored', async () => {
      const token = await identity.sessions.start(await signUp());
      expect(Buffer.from(token, 'base64url')).toHaveLength(32);
      const rows = await fresh.query(`SELECT encode(token_hash, 'escape') || encode(token_hash, 'hex') AS text FROM sessions`);
      expect(JSON.stringify(rows)).not.toContain(token);
      await expect(identity.sessions.authenticate(`${token}x`, null)).rejects.toEqual(refused('session_expired'));
    });

    it('lose the session they came with when they sign in again', async () => {
      const userId = await signUp();
      const first = await identity.sessions.start(userId);
      const second = await identity.sessions.start(userId, first);
      await expect(identity.sessions.authenticate(first, null)).rejects.toEqual(refused('session_expired'));
      await expect(identity.sessions.authenticate(second, null)).resolves.toBeDefined();
      await identity.sessions.end(second);
      await expect(identity.sessions.authenticate(second, null)).rejects.toEqual(refused('session_expired'));
    });

    it('are out after 12 idle hours, counted from the last request', async () => {
      const token = await identity.sessions.start(await signUp());
      clock.advance(sessionLimits.idleMs - 1);
      await identity.sessions.authenticate(token, null);
      clock.advance(sessionLimits.idleMs - 1);
      await identity.sessions.authenticate(token, null);
      clock.advance(sessionLimits.idleMs);
      await expect(identity.sessions.authenticate(token, null)).rejects.toEqual(refused('session_expired'));
    });

    it('are out after 7 days however busy they are', async () => {
      const token = await identity.sessions.start(await signUp());
      const step = sessionLimits.idleMs / 2;
      for (let passedMs = step; passedMs < sessionLimits.absoluteMs; passedMs += step) {
        clock.advance(step);
        await identity.sessions.authenticate(token, null);
      }
      clock.advance(step);
      await expect(identity.sessions.authenticate(token, null)).rejects.toEqual(refused('session_expired'));
    });
  });
});
