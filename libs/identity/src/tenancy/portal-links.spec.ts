import { describe, expect, it } from '@jest/globals';
import { HeldClock, Secret } from '@waybill/kernel';
import type { Caller, NamespaceId, TenantId } from '@waybill/kernel';
import { DataTokens } from './data-tokens.js';
import { looksLikePortalLink, PortalLinks } from './portal-links.js';
import { permissionsOf } from './roles.js';

const owner: Caller = { actor: { kind: 'user', id: 'usr_1' }, tenantId: 'tnt_1' as TenantId, namespaceId: null, permissions: permissionsOf('owner') };
const namespace = 'ns_1' as NamespaceId;
const about = { customer: 'acme', exchange: 'shop', keyPrefix: 'acme', kinds: ['webhook'], theme: { scheme: 'dark', name: 'Größe' }, lifeMs: 60_000 } as const;

describe('PortalLinks', () => {
  const secret = new Secret('x'.repeat(32));
  const clock = new HeldClock(1_700_000_000_000);
  const links = new PortalLinks(secret, clock);
  const invalid = expect.objectContaining({ code: 'portal_link_invalid' });

  it('give back the customer, who may use the portal of that namespace and nothing else', () => {
    const { token, expiresAtMs } = links.issue(owner, namespace, about);
    const caller = links.verify(token);
    const { lifeMs, ...granted } = about;
    expect(caller).toEqual({
      actor: { kind: 'customer', id: 'acme' }, tenantId: 'tnt_1', namespaceId: 'ns_1', permissions: new Set(['portal:use']),
      grant: { ...granted, tenantId: 'tnt_1', namespaceId: 'ns_1', expiresAtMs: clock.nowMs() + lifeMs },
    });
    expect(expiresAtMs).toBe(clock.nowMs() + lifeMs);
    expect(looksLikePortalLink(token)).toBe(true);
  });

  it('end when their time is over', () => {
    const held = new HeldClock(0);
    const short = new PortalLinks(secret, held);
    const { token } = short.issue(owner, namespace, about);
    held.advance(about.lifeMs - 1);
    expect(short.verify(token)).toBeDefined();
    held.advance(1);
    expect(() => short.verify(token)).toThrow(invalid);
  });

  it('are refused when any character was changed, cut or added, or the secret is another', () => {
    const { token } = links.issue(owner, namespace, about);
    for (let at = 0; at < token.length; at += 1) {
      const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
      expect(() => links.verify(changed)).toThrow(invalid);
    }
    for (const text of ['', 'wbp_', 'wbp__', token.slice(0, -1), token.slice(1), `${token}A`]) expect(() => links.verify(text)).toThrow(invalid);
    expect(() => new PortalLinks(new Secret('y'.repeat(32)), clock).verify(token)).toThrow(invalid);
  });

  it('are no data tokens, and data tokens are none of them, though one secret signs both', () => {
    const tokens = new DataTokens(secret, clock);
    const [link, data] = [links.issue(owner, namespace, about).token, tokens.issue(owner, namespace).token];
    expect(() => tokens.verify(link)).toThrow(expect.objectContaining({ code: 'data_token_invalid' }));
    expect(() => links.verify(data)).toThrow(invalid);
    expect(() => tokens.verify(link.replace('wbp_', 'wbd_'))).toThrow(expect.objectContaining({ code: 'data_token_invalid' }));
    expect(() => links.verify(data.replace('wbd_', 'wbp_'))).toThrow(invalid);
  });
});
