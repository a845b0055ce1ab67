import { describe, expect, it } from '@jest/globals';
import { HeldClock, Secret } from '@waybill/kernel';
import type { Caller, NamespaceId, TenantId } from '@waybill/kernel';
import { dataTokenLifeMs, DataTokens, looksLikeDataToken } from './data-tokens.js';
import { permissionsOf } from './roles.js';

const person = (role: string): Caller => ({ actor: { kind: 'user', id: 'usr_1' }, tenantId: 'tnt_1' as TenantId, namespaceId: null, permissions: permissionsOf(role) });
const namespace = 'ns_1' as NamespaceId;

describe('DataTokens', () => {
  const clock = new HeldClock(1_700_000_000_000);
  const tokens = new DataTokens(new Secret('x'.repeat(32)), clock);
  const invalid = expect.objectContaining({ code: 'data_token_invalid' });

  it('gives back the person, the namespace and the data permissions of the role', () => {
    const { token, expiresAtMs } = tokens.issue(person('developer'), namespace);
    expect(expiresAtMs).toBe(clock.nowMs() + dataTokenLifeMs);
    const caller = tokens.verify(token);
    expect(caller).toMatchObject({ actor: { kind: 'data_token', id: 'usr_1' }, tenantId: 'tnt_1', namespaceId: 'ns_1' });
    expect([...caller.permissions].sort()).toEqual([
      'messages:consume', 'messages:publish', 'messages:read', 'queues:operate', 'queues:purge', 'queues:read', 'schedules:read', 'schedules:write',
    ]);
    expect(looksLikeDataToken(token)).toBe(true);
  });

  it('carries no more than the role has, and nothing of the control plane', () => {
    expect([...tokens.verify(tokens.issue(person('auditor'), namespace).token).permissions]).toEqual(['queues:read', 'schedules:read']);
    expect([...tokens.verify(tokens.issue(person('billing'), namespace).token).permissions]).toEqual([]);
  });

  it('ends after ten minutes', () => {
    const held = new HeldClock(0);
    const short = new DataTokens(new Secret('x'.repeat(32)), held);
    const { token } = short.issue(person('owner'), namespace);
    held.advance(dataTokenLifeMs - 1);
    expect(short.verify(token)).toBeDefined();
    held.advance(1);
    expect(() => short.verify(token)).toThrow(invalid);
  });

  it('is refused when any character was changed, cut or added, or the secret is another', () => {
    const { token } = tokens.issue(person('owner'), namespace);
    for (let at = 0; at < token.length; at += 1) {
      const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
      expect(() => tokens.verify(changed)).toThrow(invalid);
    }
    for (const text of ['', 'wbd_', 'wbd__', token.slice(0, -1), token.slice(1), `${token}A`]) expect(() => tokens.verify(text)).toThrow(invalid);
    expect(() => new DataTokens(new Secret('y'.repeat(32)), clock).verify(token)).toThrow(invalid);
  });
});
