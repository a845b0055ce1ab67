import { hash, randomBytes } from 'node:crypto';
import { WaybillError } from '@waybill/kernel';
import type { Caller, Clock, TenantId } from '@waybill/kernel';
import type { NamespaceStore } from '../tenancy/namespace.store.js';
import { permissionsOf } from '../tenancy/roles.js';
import type { SessionStore, StoredSession } from './session.store.js';

export const sessionLimits = {
  idleMs: 12 * 3_600_000,
  absoluteMs: 7 * 24 * 3_600_000,
  /** `last_seen_at` is written at most this often per session. */
  touchMs: 60_000,
} as const;

/** Server-side sessions of people. The token is 256 random bits; only its SHA-256 is kept. */
export class Sessions {
  constructor(
    private readonly store: SessionStore,
    private readonly namespaces: NamespaceStore,
    private readonly clock: Clock,
  ) {}

  /** A new token. The session given with the request is ended: a token known before the sign-in is worth nothing after it. */
  async start(userId: string, replacedToken?: string): Promise<string> {
    const nowMs = this.clock.nowMs();
    if (replacedToken !== undefined) await this.end(replacedToken);
    await this.store.deleteEnded(userId, new Date(nowMs), new Date(nowMs - sessionLimits.idleMs));
    const token = randomBytes(32).toString('base64url');
    await this.store.insert(hashToken(token), { userId, createdAt: new Date(nowMs), expiresAt: new Date(nowMs + sessionLimits.absoluteMs) });
    return token;
  }

  /**
   * The person as a caller in the tenant that owns the namespace, or in their first tenant when it is null.
   * Fails with `session_expired` for an unknown, idle or over-aged token, and with `namespace_not_found` when the
   * namespace does not exist or belongs to a tenant the person is not a member of.
   */
  async authenticate(token: string, namespaceId: string | null): Promise<Caller> {
    const tokenHash = hashToken(token);
    const session = await this.store.find(tokenHash);
    if (session === null) throw new WaybillError('session_expired');
    const nowMs = this.clock.nowMs();
    if (session.expiresAt.getTime() <= nowMs || session.lastSeenAt.getTime() + sessionLimits.idleMs <= nowMs) {
      await this.store.delete(tokenHash);
      throw new WaybillError('session_expired');
    }
    if (nowMs - session.lastSeenAt.getTime() >= sessionLimits.touchMs) await this.store.touch(tokenHash, new Date(nowMs));
    return this.#callerOf(session, namespaceId);
  }

  /** Ending an unknown session is harmless. */
  async end(token: string): Promise<void> {
    await this.store.delete(hashToken(token));
  }

  async #callerOf(session: StoredSession, namespaceId: string | null): Promise<Caller> {
    const tenantId = namespaceId === null ? undefined : await this.namespaces.tenantOf(namespaceId);
    const membership = tenantId === undefined ? session.memberships[0] : session.memberships.find((each) => each.tenantId === tenantId);
    if (membership === undefined) throw new WaybillError(namespaceId === null ? 'session_expired' : 'namespace_not_found');
    return {
      actor: { kind: 'user', id: session.userId },
      tenantId: membership.tenantId as TenantId,
      namespaceId: null,
      permissions: permissionsOf(membership.role, session.operatorRole),
    };
  }
}

function hashToken(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}
