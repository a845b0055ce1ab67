import { createHmac, timingSafeEqual } from 'node:crypto';
import { WaybillError } from '@waybill/kernel';
import type { Caller, Clock, NamespaceId, Secret, TenantId } from '@waybill/kernel';

/** Also the purpose of its signature: no data token begins with it. */
const prefix = 'wbp_';
const signatureChars = 43;

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
  readonly grant: PortalGrant;
}

interface Payload {
  readonly t: string;
  readonly n: string;
  readonly c: string;
  readonly x: string;
  readonly k: string;
  readonly d: readonly string[];
  readonly h: PortalTheme;
  readonly e: number;
}

/**
 * Portal links: `wbp_<payload>_<HMAC-SHA256>`. They are checked without any store, so they cannot be revoked; their short
 * life bounds that. The payload is readable to who has the link.
 */
export class PortalLinks {
  constructor(
    private readonly secret: Secret,
    private readonly clock: Clock,
  ) {}

  /** For the customer of a tenant whose namespace the caller must have opened before. */
  issue(caller: Caller, namespaceId: NamespaceId, { lifeMs, ...about }: Omit<PortalGrant, 'tenantId' | 'namespaceId' | 'expiresAtMs'> & { readonly lifeMs: number }): { token: string; expiresAtMs: number } {
    const expiresAtMs = this.clock.nowMs() + lifeMs;
    const { customer, exchange, keyPrefix, kinds, theme } = about;
    const payload: Payload = { t: caller.tenantId, n: namespaceId, c: customer, x: exchange, k: keyPrefix, d: kinds, h: theme, e: expiresAtMs };
    const text = Buffer.from(JSON.stringify(payload)).toString('base64url');
    return { token: `${prefix}${text}_${this.#sign(text)}`, expiresAtMs };
  }

  /** Fails with `portal_link_invalid` for a token that is not ours, was changed, or has expired. */
  verify(token: string): PortalCaller {
    const split = token.length - signatureChars - 1;
    if (!looksLikePortalLink(token) || split <= prefix.length || token[split] !== '_') throw new WaybillError('portal_link_invalid');
    const text = token.slice(prefix.length, split);
    // Compared as text: base64url has more than one spelling of the same bytes.
    const [given, expected] = [Buffer.from(token.slice(split + 1)), Buffer.from(this.#sign(text))];
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new WaybillError('portal_link_invalid');
    const { t, n, c, x, k, d, h, e } = JSON.parse(Buffer.from(text, 'base64url').toString()) as Payload;
    if (e <= this.clock.nowMs()) throw new WaybillError('portal_link_invalid');
    const [tenantId, namespaceId] = [t as TenantId, n as NamespaceId];
    return {
      actor: { kind: 'customer', id: c }, tenantId, namespaceId, permissions: new Set(['portal:use']),
      grant: { tenantId, namespaceId, customer: c, exchange: x, keyPrefix: k, kinds: d, theme: h, expiresAtMs: e },
    };
  }

  #sign(text: string): string {
    return createHmac('sha256', this.secret.reveal()).update(`${prefix}${text}`).digest('base64url');
  }
}

/** Whether a bearer token claims to be one of these rather than an API key. */
export function looksLikePortalLink(token: string): boolean {
  return token.startsWith(prefix);
}
