import { createHmac, timingSafeEqual } from 'node:crypto';
import { WaybillError } from '@waybill/kernel';
import type { Caller, Clock, NamespaceId, Permission, Secret, TenantId } from '@waybill/kernel';

/** How long a browser may use a token before it asks for the next one. */
export const dataTokenLifeMs = 10 * 60_000;
const prefix = 'wbd_';
/** What a token can carry at most: the data plane's permissions, cut down to what the person has. */
const carried = [
  'messages:publish', 'messages:consume', 'queues:read', 'queues:purge', 'messages:read', 'queues:operate', 'schedules:read', 'schedules:write',
] as const satisfies readonly Permission[];

interface Payload {
  /** tenant */ readonly t: string;
  /** namespace */ readonly n: string;
  /** user */ readonly u: string;
  /** indexes into `carried` */ readonly p: readonly number[];
  /** expiry, ms since the epoch */ readonly e: number;
}

/**
 * Short-lived tokens with which a person's browser calls the gateway: `wbd_<payload>_<HMAC-SHA256>`. They are checked
 * without any store, so they cannot be revoked; the 10 minutes bound that.
 */
export class DataTokens {
  constructor(
    private readonly secret: Secret,
    private readonly clock: Clock,
  ) {}

  /** The caller's data permissions in one namespace, which the caller must have opened before. */
  issue(caller: Caller, namespaceId: NamespaceId): { token: string; expiresAtMs: number } {
    const expiresAtMs = this.clock.nowMs() + dataTokenLifeMs;
    const allowed = carried.flatMap((permission, index) => (caller.permissions.has(permission) ? [index] : []));
    const payload: Payload = { t: caller.tenantId, n: namespaceId, u: caller.actor.id, p: allowed, e: expiresAtMs };
    const text = Buffer.from(JSON.stringify(payload)).toString('base64url');
    return { token: `${prefix}${text}_${this.#sign(text)}`, expiresAtMs };
  }

  /** Fails with `data_token_invalid` for a token that is not ours, was changed, or has expired. */
  verify(token: string): Caller {
    const signatureChars = 43;
    const split = token.length - signatureChars - 1;
    if (!token.startsWith(prefix) || split <= prefix.length || token[split] !== '_') throw new WaybillError('data_token_invalid');
    const text = token.slice(prefix.length, split);
    // Compared as text: base64url has more than one spelling of the same bytes.
    const given = Buffer.from(token.slice(split + 1));
    const expected = Buffer.from(this.#sign(text));
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new WaybillError('data_token_invalid');
    const payload = JSON.parse(Buffer.from(text, 'base64url').toString()) as Payload;
    if (payload.e <= this.clock.nowMs()) throw new WaybillError('data_token_invalid');
    return {
      actor: { kind: 'data_token', id: payload.u },
      tenantId: payload.t as TenantId,
      namespaceId: payload.n as NamespaceId,
      permissions: new Set(payload.p.flatMap((index) => carried[index] ?? [])),
    };
  }

  #sign(text: string): string {
    return createHmac('sha256', this.secret.reveal()).update(`${prefix}${text}`).digest('base64url');
  }
}

/** Whether a bearer token claims to be one of these rather than an API key. */
export function looksLikeDataToken(token: string): boolean {
  return token.startsWith(prefix);
}
