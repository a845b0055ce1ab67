import { describe, expect, it } from '@jest/globals';
import { HeldClock, Secret } from '@waybill/kernel';
import type { Caller, NamespaceId, TenantId } from '@waybill/kernel';
import { DataTokens } from './data-tokens.js';
import { looksLikePortalLink, PortalLinks } from './portal-links.js';
import { permissionsOf } from './roles.js';

const owner: Caller = { actor: { kind: 'user', id: 'usr_1' }, tenantId: 'tnt_1' as TenantId, namespaceId: null, permissions: permissionsOf('owner') };
const namespace = 'ns_1' as NamespaceId;

/** Rows in memory; what the real store does is tested with PostgreSQL. */
class Rows {
  readonly live = new Set<string>();

  async add(_caller: Caller, _namespaceId: NamespaceId, { id }: { readonly id: string }): Promise<void> {
    this.live.add(id);
  }

  async isLive(_caller: Caller, _namespaceId: NamespaceId, id: string): Promise<boolean> {
    return this.live.has(id);
  }

  async list(): Promise<never[]> {
    return [];
  }

  async revoke(_caller: Caller, _namespaceId: NamespaceId, which: { readonly id: string } | { readonly customer: string }): Promise<number> {
    return 'id' in which && this.live.delete(which.id) ? 1 : 0;
  }
}

const about = { customer: 'acme', exchange: 'shop', keyPrefix: 'acme', kinds: ['webhook'], theme: { scheme: 'dark', name: 'Größe' }, lifeMs: 60_000 } as const;

describe('PortalLinks', () => {
  const secret = new Secret('x'.repeat(32));
  const clock = new HeldClock(1_700_000_000_000);
  const links = new PortalLinks(secret, new Rows(), clock);
  const invalid = expect.objectContaining({ code: 'portal_link_invalid' });

  it('give back the customer, who may use the portal of that namespace and nothing else', async () => {
    const { id, token, expiresAtMs } = await links.issue(owner, namespace, about);
    const caller = await links.verify(token);
    const { lifeMs, ...granted } = about;
    expect(caller).toEqual({
      actor: { kind: 'customer', id: 'acme' }, tenantId: 'tnt_1', namespaceId: 'ns_1', permissions: new Set(['portal:use']), linkId: id,
      grant: { ...granted, tenantId: 'tnt_1', namespaceId: 'ns_1', expiresAtMs: clock.nowMs() + lifeMs },
    });
    expect(expiresAtMs).toBe(clock.nowMs() + lifeMs);
    expect(looksLikePortalLink(token)).toBe(true);
  });

  it('end when their time is over', async () => {
    const held = new HeldClock(0);
    const short = new PortalLinks(secret, new Rows(), held);
    const { token } = await short.issue(owner, namespace, about);
    held.advance(about.lifeMs - 1);
    await expect(short.verify(token)).resolves.toBeDefined();
    held.advance(1);
    await expect(short.verify(token)).rejects.toEqual(invalid);
  });

  it('open nothing once they are revoked, one without the others', async () => {
    const [first, second] = [await links.issue(owner, namespace, about), await links.issue(owner, namespace, about)];
    await links.revoke(owner, namespace, first.id);
    await expect(links.verify(first.token)).rejects.toEqual(invalid);
    await expect(links.verify(second.token)).resolves.toMatchObject({ linkId: second.id });
    await expect(links.revoke(owner, namespace, 'plk_none')).rejects.toMatchObject({ code: 'portal_link_not_found' });
  });

  it('are refused when any character was changed, cut or added, or the secret is another', async () => {
    const { token } = await links.issue(owner, namespace, about);
    for (let at = 0; at < token.length; at += 1) {
      const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
      await expect(links.verify(changed)).rejects.toEqual(invalid);
    }
    for (const text of ['', 'wbp_', 'wbp__', token.slice(0, -1), token.slice(1), `${token}A`]) await expect(links.verify(text)).rejects.toEqual(invalid);
    const elsewhere = new PortalLinks(new Secret('y'.repeat(32)), Object.assign(new Rows(), { isLive: async () => true }), clock);
    await expect(elsewhere.verify(token)).rejects.toEqual(invalid);
  });

  it('are no data tokens, and data tokens are none of them, though one secret signs both', async () => {
    const tokens = new DataTokens(secret, clock);
    const [link, data] = [(await links.issue(owner, namespace, about)).token, tokens.issue(owner, namespace).token];
    expect(() => tokens.verify(link)).toThrow(expect.objectContaining({ code: 'data_token_invalid' }));
    await expect(links.verify(data)).rejects.toEqual(invalid);
    expect(() => tokens.verify(link.replace('wbp_', 'wbd_'))).toThrow(expect.objectContaining({ code: 'data_token_invalid' }));
    await expect(links.verify(data.replace('wbd_', 'wbp_'))).rejects.toEqual(invalid);
  });
});
