import { newId, SignedTokens, WaybillError } from '@waybill/kernel';
import type { Caller, Clock, NamespaceId, Secret, TenantId } from '@waybill/kernel';
import type { PortalLinkRow, PortalLinkStore } from './portal-link.store.js';

const prefix = 'wbp_';

export interface PortalTheme {
  readonly name?: string | undefined;
  /** `#rrggbb` */
  readonly accentColor?: string | undefined;
  readonly logoUrl?: string | undefined;
  readonly scheme: 'light' | 'dark' | 'auto';
}

/** What a link lets one of the tenant's own customers do: manage its endpoints for the messages under a key prefix. */
export interface PortalGrant {
  readonly tenantId: TenantId;
  readonly namespaceId: NamespaceId;
  readonly customer: string;
  readonly exchange: string;
  /** '' for every message of the exchange. */
  readonly keyPrefix: string;
  readonly kinds: readonly string[];
  readonly theme: PortalTheme;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAtMs: number;
}

/** Who came by a link: may use the portal and nothing else. */
export interface PortalCaller extends Caller {
  readonly namespaceId: NamespaceId;
  readonly linkId: string;
  readonly grant: PortalGrant;
}

export interface PortalLinkView extends Pick<PortalLinkRow, 'id' | 'customer' | 'exchange' | 'keyPrefix'> {
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly revokedAt: string | null;
}

interface Payload {
  /** link */ readonly i: string;
  readonly t: string;
  readonly n: string;
  readonly c: string;
  readonly x: string;
  readonly k: string;
  readonly d: readonly string[];
  readonly h: PortalTheme;
  readonly e: number;
}

/** Portal links, `wbp_…`: the signature says what a link is for; its row, read at every call, says whether it was revoked. */
export class PortalLinks {
  readonly #tokens: SignedTokens<Payload>;

  constructor(
    secret: Secret,
    private readonly store: Pick<PortalLinkStore, 'add' | 'isLive' | 'list' | 'revoke'>,
    private readonly clock: Clock,
  ) {
    this.#tokens = new SignedTokens(prefix, secret);
  }

  /** For the customer of a tenant whose namespace the caller must have opened before. */
  async issue(caller: Caller, namespaceId: NamespaceId, { lifeMs, ...about }: Omit<PortalGrant, 'tenantId' | 'namespaceId' | 'expiresAtMs'> & { readonly lifeMs: number }): Promise<{ id: string; token: string; expiresAtMs: number }> {
    const createdAtMs = this.clock.nowMs();
    const expiresAtMs = createdAtMs + lifeMs;
    const { customer, exchange, keyPrefix, kinds, theme } = about;
    const id = newId('portalLink');
    const payload: Payload = { i: id, t: caller.tenantId, n: namespaceId, c: customer, x: exchange, k: keyPrefix, d: kinds, h: theme, e: expiresAtMs };
    await this.store.add(caller, namespaceId, { id, customer, exchange, keyPrefix, createdAt: new Date(createdAtMs), expiresAt: new Date(expiresAtMs) });
    return { id, token: this.#tokens.make(payload), expiresAtMs };
  }

  /** Fails with `portal_link_invalid` for a token that is not ours, was changed, has expired, or was revoked. */
  async verify(token: string): Promise<PortalCaller> {
    const caller = this.#read(token);
    if (!(await this.store.isLive(caller, caller.namespaceId, caller.linkId))) throw new WaybillError('portal_link_invalid');
    return caller;
  }

  /** Those of a namespace, which the caller must have opened before, that have not expired; newest first. */
  async list(caller: Caller, namespaceId: NamespaceId, query: { readonly customer?: string | undefined; readonly after?: string | undefined; readonly limit: number }): Promise<{ items: PortalLinkView[]; next: string | null }> {
    const rows = await this.store.list(caller, namespaceId, new Date(this.clock.nowMs()), query);
    const items = rows.slice(0, query.limit).map(viewOf);
    return { items, next: rows.length > query.limit ? (items.at(-1)?.id ?? null) : null };
  }

  /** From the next call on. Repeating it is harmless. Fails with `portal_link_not_found`. */
  async revoke(caller: Caller, namespaceId: NamespaceId, id: string): Promise<void> {
    if ((await this.store.revoke(caller, namespaceId, { id }, new Date(this.clock.nowMs()))) === 0) throw new WaybillError('portal_link_not_found');
  }

  /** Every link that a customer has now; those made later work. Answers how many of them have not expired. */
  revokeAll(caller: Caller, namespaceId: NamespaceId, customer: string): Promise<number> {
    return this.store.revoke(caller, namespaceId, { customer }, new Date(this.clock.nowMs()));
  }

  #read(token: string): PortalCaller {
    const payload = this.#tokens.read(token);
    if (payload === undefined) throw new WaybillError('portal_link_invalid');
    const { i, t, n, c, x, k, d, h, e } = payload;
    // One that was made before links had an id cannot be revoked.
    if (typeof i !== 'string' || e <= this.clock.nowMs()) throw new WaybillError('portal_link_invalid');
    const [tenantId, namespaceId] = [t as TenantId, n as NamespaceId];
    return {
      actor: { kind: 'customer', id: c }, tenantId, namespaceId, permissions: new Set(['portal:use']), linkId: i,
      grant: { tenantId, namespaceId, customer: c, exchange: x, keyPrefix: k, kinds: d, theme: h, expiresAtMs: e },
    };
  }
}

function viewOf({ id, customer, exchange, keyPrefix, createdAt, expiresAt, revokedAt }: PortalLinkRow): PortalLinkView {
  return { id, customer, exchange, keyPrefix, createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString(), revokedAt: revokedAt?.toISOString() ?? null };
}

/** Whether a bearer token claims to be one of these rather than an API key. */
export function looksLikePortalLink(token: string): boolean {
  return token.startsWith(prefix);
}
