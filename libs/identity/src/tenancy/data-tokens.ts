import { SignedTokens, WaybillError } from '@waybill/kernel';
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
 * Short-lived tokens with which a person's browser calls the gateway, `wbd_…`. They are checked
 * without any store, so they cannot be revoked; the 10 minutes bound that.
 */
export class DataTokens {
  readonly #tokens: SignedTokens<Payload>;

  constructor(
    secret: Secret,
    private readonly clock: Clock,
  ) {
    this.#tokens = new SignedTokens(prefix, secret);
  }

  /** The caller's data permissions in one namespace, which the caller must have opened before. */
  issue(caller: Caller, namespaceId: NamespaceId): { token: string; expiresAtMs: number } {
    const expiresAtMs = this.clock.nowMs() + dataTokenLifeMs;
    const allowed = carried.flatMap((permission, index) => (caller.permissions.has(permission) ? [index] : []));
    const payload: Payload = { t: caller.tenantId, n: namespaceId, u: caller.actor.id, p: allowed, e: expiresAtMs };
    return { token: this.#tokens.make(payload), expiresAtMs };
  }

  /** Fails with `data_token_invalid` for a token that is not ours, was changed, or has expired. */
  verify(token: string): Caller {
    const payload = this.#tokens.read(token);
    if (payload === undefined || payload.e <= this.clock.nowMs()) throw new WaybillError('data_token_invalid');
    return {
      actor: { kind: 'data_token', id: payload.u },
      tenantId: payload.t as TenantId,
      namespaceId: payload.n as NamespaceId,
      permissions: new Set(payload.p.flatMap((index) => carried[index] ?? [])),
    };
  }
}

/** Whether a bearer token claims to be one of these rather than an API key. */
export function looksLikeDataToken(token: string): boolean {
  return token.startsWith(prefix);
}
