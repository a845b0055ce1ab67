import { describe, expect, it } from '@jest/globals';
import { HeldClock, WaybillError } from '@waybill/kernel';
import type { Caller, NamespaceId, TenantId } from '@waybill/kernel';
import type { FastifyRequest } from 'fastify';
import { Authenticator } from './authenticate.js';

const caller = (id: string): Caller => ({ actor: { kind: 'api_key', id }, tenantId: 'tnt_1' as TenantId, namespaceId: 'ns_1' as NamespaceId, permissions: new Set(['messages:publish']) });

function setUp() {
  const clock = new HeldClock(1_000_000);
  const good = new Map([['one', caller('one')], ['two', caller('two')]]);
  const verified: string[] = [];
  const apiKeys = {
    verify: (token: string) => {
      verified.push(token);
      const found = good.get(token);
      if (!found) throw new WaybillError('api_key_invalid');
      return found;
    },
  };
  const dataTokens = { verify: () => caller('token') };
  const request = (socket: object, authorization?: string) => ({ headers: authorization === undefined ? {} : { authorization }, raw: { socket } }) as unknown as FastifyRequest;
  return { authenticator: new Authenticator(apiKeys, dataTokens, clock), clock, good, verified, request };
}

describe('the gateway', () => {
  it('checks a key once a second on a connection, not once a message', () => {
    const { authenticator, clock, verified, request } = setUp();
    const socket = {};
    for (let i = 0; i < 5; i += 1) authenticator.authenticate(request(socket, 'Bearer one'), 'messages:publish');
    clock.advance(1_000);
    authenticator.authenticate(request(socket, 'Bearer one'), 'messages:publish');
    expect(verified).toEqual(['one', 'one']);
  });

  it('takes every other key on the same connection, and the same key on another connection, for a stranger', () => {
    const { authenticator, verified, request } = setUp();
    const socket = {};
    for (const [connection, key] of [[socket, 'one'], [socket, 'two'], [socket, 'one'], [{}, 'one']] as const) {
      expect(authenticator.authenticate(request(connection, `Bearer ${key}`), 'messages:publish')).toMatchObject({ actor: { id: key } });
    }
    expect(verified).toHaveLength(4);
  });

  it('refuses a key revoked meanwhile on an open connection', () => {
    const { authenticator, clock, good, request } = setUp();
    const socket = {};
    authenticator.authenticate(request(socket, 'Bearer one'), 'messages:publish');
    good.delete('one');
    clock.advance(1_000);
    expect(() => authenticator.authenticate(request(socket, 'Bearer one'), 'messages:publish')).toThrow(expect.objectContaining({ code: 'api_key_invalid' }));
  });

  it('asks for the permission of the call every time', () => {
    const { authenticator, request } = setUp();
    const socket = {};
    authenticator.authenticate(request(socket, 'Bearer one'), 'messages:publish');
    expect(() => authenticator.authenticate(request(socket, 'Bearer one'), 'queues:purge')).toThrow(expect.objectContaining({ code: 'permission_missing' }));
  });

  it('lets nobody in without credentials', () => {
    const { authenticator, request } = setUp();
    expect(() => authenticator.authenticate(request({}), 'messages:publish')).toThrow(expect.objectContaining({ code: 'auth_required' }));
    expect(() => authenticator.authenticate(request({}, 'Basic one'), 'messages:publish')).toThrow(expect.objectContaining({ code: 'auth_required' }));
  });
});
