import { timingSafeEqual } from 'node:crypto';
import { scopePermissions, systemClock, WaybillError } from '@waybill/kernel';
import type { Caller, Clock, ErrorCode, NamespaceId, TenantId } from '@waybill/kernel';
import { hashSecret, parseApiKey } from './api-key-format.js';
import type { KeyParts } from './api-key-format.js';
import type { PublishedKey } from './published-key.js';
import type { KeyChangeFeed, KeyChanges, PublishedKeyStore } from './published-key.store.js';

interface Entry {
  readonly environment: string;
  readonly secretHash: Buffer;
  readonly keyExpiresAtMs: number;
  readonly revoked: boolean;
  readonly caller: Caller;
  readonly freshUntilMs: number;
}

export interface DirectoryLimits {
  /** Keys held in memory. */
  readonly keys: number;
  /** A change that was not heard is noticed after this. */
  readonly freshMs: number;
  readonly unknownIds: number;
  readonly unknownFreshMs: number;
}

export const directoryLimits: DirectoryLimits = {
  keys: 50_000,
  freshMs: 30_000,
  unknownIds: 10_000,
  unknownFreshMs: 2_000,
};

/**
 * Checks API keys on the hot path. A known key is answered at once, without a promise and without a store: checksum,
 * one SHA-256, one constant-time compare. Keys come from the Redis copy, so PostgreSQL may be down.
 */
export class KeyDirectory implements KeyChanges {
  /** Renewed entries move to the end, so the first is the one unrenewed for longest. */
  readonly #entries = new Map<string, Entry>();
  /** Ids that Redis does not know, apart from the keys: guesses must not push those out. */
  readonly #unknown = new Map<string, number>();
  readonly #loading = new Map<string, Promise<Entry | null>>();

  constructor(
    private readonly store: Pick<PublishedKeyStore, 'find'>,
    private readonly clock: Clock = systemClock,
    private readonly limits: DirectoryLimits = directoryLimits,
  ) {}

  /** Hears of created and revoked keys from now on; without it a revocation takes `freshMs` to be seen. */
  follow(feed: KeyChangeFeed): Promise<void> {
    return feed.follow(this);
  }

  /** Fails with `api_key_invalid`, `api_key_revoked`, `api_key_expired`, or `store_unavailable` for a key not seen lately. */
  verify(token: string): Caller | Promise<Caller> {
    const parts = parseApiKey(token);
    if (parts === null) throw new WaybillError('api_key_invalid');
    const entry = this.#entries.get(parts.id);
    const nowMs = this.clock.nowMs();
    if (entry !== undefined && entry.freshUntilMs > nowMs) return admit(entry, parts, nowMs);
    return this.#loadAndAdmit(parts, nowMs);
  }

  onChange(id: string): void {
    this.#entries.delete(id);
    this.#unknown.delete(id);
    // A load that began before the change may bring the old state; nobody may keep it.
    this.#loading.delete(id);
  }

  onGap(): void {
    this.#entries.clear();
    this.#unknown.clear();
    this.#loading.clear();
  }

  async #loadAndAdmit(parts: KeyParts, nowMs: number): Promise<Caller> {
    const unknownUntilMs = this.#unknown.get(parts.id);
    if (unknownUntilMs !== undefined && unknownUntilMs > nowMs) throw new WaybillError('api_key_invalid');
    const entry = await (this.#loading.get(parts.id) ?? this.#load(parts.id));
    if (entry === null) throw new WaybillError('api_key_invalid');
    return admit(entry, parts, this.clock.nowMs());
  }

  #load(id: string): Promise<Entry | null> {
    const loading = this.store.find(id).then(
      (key) => {
        const entry = key === null ? null : this.#entryOf(key);
        if (this.#loading.get(id) === loading) this.#keep(id, entry);
        return entry;
      },
      (error: unknown) => {
        if (this.#loading.get(id) === loading) this.#loading.delete(id);
        throw error;
      },
    );
    this.#loading.set(id, loading);
    return loading;
  }

  #keep(id: string, entry: Entry | null): void {
    this.#loading.delete(id);
    this.#entries.delete(id);
    if (entry !== null) putBounded(this.#entries, id, entry, this.limits.keys);
    else putBounded(this.#unknown, id, this.clock.nowMs() + this.limits.unknownFreshMs, this.limits.unknownIds);
  }

  #entryOf(key: PublishedKey): Entry {
    return {
      environment: key.environment,
      secretHash: Buffer.from(key.secretHash, 'base64url'),
      keyExpiresAtMs: key.expiresAt ?? Number.POSITIVE_INFINITY,
      revoked: key.revokedAt !== null,
      freshUntilMs: this.clock.nowMs() + this.limits.freshMs,
      caller: {
        actor: { kind: 'api_key', id: key.id },
        tenantId: key.tenantId as TenantId,
        namespaceId: key.namespaceId as NamespaceId,
        permissions: new Set(key.scopes.flatMap((scope) => scopePermissions[scope] ?? [])),
      },
    };
  }
}

/** The secret is compared before anything is said about the key: only its holder learns that it was revoked. */
function admit(entry: Entry, parts: KeyParts, nowMs: number): Caller {
  const given = hashSecret(parts.secret);
  let refusal: ErrorCode | undefined;
  if (entry.secretHash.length !== given.length || !timingSafeEqual(entry.secretHash, given) || entry.environment !== parts.environment) refusal = 'api_key_invalid';
  else if (entry.revoked) refusal = 'api_key_revoked';
  else if (entry.keyExpiresAtMs <= nowMs) refusal = 'api_key_expired';
  if (refusal !== undefined) throw new WaybillError(refusal);
  return entry.caller;
}

function putBounded<T>(map: Map<string, T>, id: string, value: T, limit: number): void {
  map.set(id, value);
  if (map.size > limit) for (const oldest of map.keys()) return void map.delete(oldest);
}
