import { describe, expect, it } from '@jest/globals';
import { HeldClock, WaybillError } from '@waybill/kernel';
import type { Caller, NamespaceId, Permission, TenantId } from '@waybill/kernel';
import type { FastifyRequest } from 'fastify';
import { Authenticator } from './authenticate.js';
import type { DataCaller } from './authenticate.js';

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
  const authenticator = new Authenticator(apiKeys, dataTokens, clock);
  /** Known keys are answered at once. */
  const enter = (socket: object, authorization?: string, permission: Permission = 'messages:publish'): DataCaller => {
    const request = { raw: { socket, headers: authorization === undefined ? {} : { authorization } } } as unknown as FastifyRequest;
    const found = authenticator.authenticate(request, permission);
    if (found instanceof Promise) throw new Error('a known key was answered by promise');
    return found;
  };
  return { enter, clock, good, verified };
}

describe('the gateway', () => {
  it('checks a key once a second on a connection, not once a message', () => {
    const { enter, clock, verified } = setUp();
    const socket = {};
    for (let i = 0; i < 5; i += 1) enter(socket, 'Bearer one');
    clock.advance(1_000);
    enter(socket, 'Bearer one');
    expect(verified).toEqual(['one', 'one']);
  });

  it('takes every other key on the same connection, and the same key on another connection, for a stranger', () => {
    const { enter, verified } = setUp();
    const socket = {};
    for (const [connection, key] of [[socket, 'one'], [socket, 'two'], [socket, 'one'], [{}, 'one']] as const) {
      expect(enter(connection, `Bearer ${key}`)).toMatchObject({ actor: { id: key } });
    }
    expect(verified).toHaveLength(4);
  });

  it('refuses a key revoked meanwhile on an open connection', () => {
    const { enter, clock, good } = setUp();
    const socket = {};
    enter(socket, 'Bearer one');
    good.delete('one');
    clock.advance(1_000);
    expect(() => enter(socket, 'Bearer one')).toThrow(expect.objectContaining({ code: 'api_key_invalid' }));
  });

  it('asks for the permission of the call every time', () => {
    const { enter } = setUp();
    const socket = {};
    enter(socket, 'Bearer one');
    expect(() => enter(socket, 'Bearer one', 'queues:purge')).toThrow(expect.objectContaining({ code: 'permission_missing' }));
  });

  it('lets nobody in without credentials', () => {
    const { enter } = setUp();
    expect(() => enter({})).toThrow(expect.objectContaining({ code: 'auth_required' }));
    expect(() => enter({}, 'Basic one')).toThrow(expect.objectContaining({ code: 'auth_required' }));
  });
});
