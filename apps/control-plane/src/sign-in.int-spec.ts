import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ControlPlaneUnderTest } from '../test/control-plane-under-test.js';

describe('signing in and out', () => {
  let plane: ControlPlaneUnderTest;
  beforeAll(async () => {
    plane = await ControlPlaneUnderTest.start();
  });
  afterAll(() => plane?.stop());
  const session = '/api/v1/session';

  it('signs a person up and in with one request', async () => {
    const owner = await plane.newOwner();
    const account = await plane.ask('GET', session, { cookie: owner.cookie });
    expect(account).toMatchObject({ status: 200, body: { user: { email: owner.email }, tenants: [{ name: 'Acme', role: 'owner', namespaces: [{ name: 'default', environment: 'test' }] }] } });
  });

  it('sets a cookie that scripts cannot read and other sites do not send', async () => {
    const { email, password } = await plane.newOwner();
    const answer = await plane.ask('POST', session, { body: { email: email.toUpperCase(), password } });
    expect(answer.headers.get('set-cookie')).toMatch(/^waybill_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('rotates the session: the one from before the sign-in is worth nothing after it', async () => {
    const { email, password, cookie: before } = await plane.newOwner();
    const { cookie: after } = await plane.ask('POST', session, { body: { email, password }, cookie: before });
    expect(after).not.toBe(before);
    expect((await plane.ask('GET', session, { cookie: before })).body.code).toBe('session_expired');
    expect((await plane.ask('GET', session, { cookie: after })).status).toBe(200);
  });

  it('does not take over a session that someone else planted', async () => {
    const { email, password } = await plane.newOwner();
    const { cookie } = await plane.ask('POST', session, { body: { email, password }, cookie: 'planted' });
    expect(cookie).not.toBe('planted');
    expect((await plane.ask('GET', session, { cookie: 'planted' })).body.code).toBe('session_expired');
  });

  it('ends the session at sign-out and clears the cookie', async () => {
    const { cookie } = await plane.newOwner();
    const answer = await plane.ask('DELETE', session, { cookie });
    expect([answer.status, answer.body, answer.cookie]).toEqual([204, '', '']);
    expect((await plane.ask('GET', session, { cookie })).body.code).toBe('session_expired');
  });

  it('answers a wrong password and an unknown address alike', async () => {
    const { email } = await plane.newOwner();
    const wrong = await plane.ask('POST', session, { body: { email, password: 'not the password' } });
    const unknown = await plane.ask('POST', session, { body: { email: `x${email}`, password: 'not the password' } });
    expect(wrong.status).toBe(401);
    expect({ ...wrong.body, instance: '' }).toEqual({ ...unknown.body, instance: '', code: 'credentials_wrong' });
  });

  it('stops guessing after ten attempts and says when to come back', async () => {
    const { email } = await plane.newOwner();
    const headers = { 'x-forwarded-for': '192.0.2.77' };
    const codes: string[] = [];
    for (let attempt = 0; attempt < 11; attempt += 1) {
      const answer = await plane.ask('POST', session, { body: { email, password: 'not the password' }, headers });
      codes.push(answer.body.code);
      if (attempt === 10) expect([answer.status, Number(answer.headers.get('retry-after')) > 800]).toEqual([429, true]);
    }
    expect(codes).toEqual([...Array(10).fill('credentials_wrong'), 'sign_in_rate_limited']);
  });

  it.each([
    ['a taken address', { password: 'a long wonder of words' }, 'email_taken'],
    ['a well-known password', { email: 'new@example.com', password: 'Password2024' }, 'password_too_weak'],
    ['no tenant name', { email: 'new@example.com', tenantName: ' ' }, 'request_invalid'],
    ['no e-mail address', { email: 'nobody' }, 'request_invalid'],
  ])('refuses to sign up with %s', async (_case, more, code) => {
    const { email } = await plane.newOwner();
    const answer = await plane.ask('POST', '/api/v1/sign-up', { body: { email, password: 'a long wonder of words', tenantName: 'Acme', ...more } });
    expect([answer.body.code, answer.cookie]).toEqual([code, undefined]);
  });

  it('refuses malformed JSON with its own code', async () => {
    const answer = await plane.ask('POST', session, { text: '{"email":"a@b.co",' });
    expect(answer).toMatchObject({ status: 400, body: { code: 'request_malformed_json' } });
  });

  it.each([
    ['sign-up', 'POST', '/api/v1/sign-up'],
    ['sign-in', 'POST', session],
    ['sign-out', 'DELETE', session],
  ])('refuses %s from another site, whether the browser says so or only sends its Origin', async (_name, method, path) => {
    const { cookie } = await plane.newOwner();
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { origin: 'https://evil.example' }]) {
      const answer = await plane.ask(method, path, { cookie, headers, ...(method === 'POST' ? { body: {} } : {}) });
      expect(answer).toMatchObject({ status: 403, body: { code: 'cross_site_refused' } });
    }
    expect((await plane.ask('GET', session, { cookie })).status).toBe(200);
  });

  it('tells a person without a session, and a key, to sign in', async () => {
    expect((await plane.ask('GET', session)).body.code).toBe('auth_required');
    const key = await plane.newKey(await plane.newOwner(), ['manage']);
    expect((await plane.ask('GET', session, { key })).body.code).toBe('auth_required');
  });
});

describe('an installation with https', () => {
  it('sets a Secure cookie bound to the host, and asks browsers for https from then on', async () => {
    const plane = await ControlPlaneUnderTest.start({ PUBLIC_URL: 'https://waybill.example' });
    try {
      const body = { email: 'a@example.com', password: 'a long wonder of words', tenantName: 'Acme' };
      const answer = await plane.ask('POST', '/api/v1/sign-up', { body });
      expect(answer.headers.get('set-cookie')).toMatch(/^__Host-waybill_session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
      expect(answer.headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains');
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'");
      const account = await plane.ask('GET', '/api/v1/session', { headers: { cookie: `__Host-waybill_session=${answer.cookie}` } });
      expect(account.status).toBe(200);
    } finally {
      await plane.stop();
    }
  });
});
