import { WaybillError } from '@waybill/kernel';
import type { Caller, Clock, KeyScope } from '@waybill/kernel';
import type { Namespaces } from '../tenancy/namespaces.js';
import { mintApiKey, previewOf } from './api-key-format.js';
import type { ApiKeyRow, ApiKeyStore } from './api-key.store.js';
import type { KeyPublisher } from './key-publisher.js';

/** Keys of a namespace that are not revoked. */
export const keyLimit = 100;

export interface ApiKeyView {
  readonly id: string;
  readonly name: string;
  readonly scopes: KeyScope[];
  readonly preview: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

export interface ApiKeyInput {
  readonly name: string;
  readonly scopes: readonly KeyScope[];
  /** RFC 3339 */
  readonly expiresAt?: string | undefined;
}

/** API keys of a namespace. Every method fails with `namespace_not_found` for a namespace that is not the caller's. */
export class ApiKeys {
  constructor(
    private readonly namespaces: Namespaces,
    private readonly store: ApiKeyStore,
    private readonly publisher: KeyPublisher,
    private readonly clock: Clock,
  ) {}

  async list(caller: Caller, namespaceId: string): Promise<ApiKeyView[]> {
    const namespace = await this.namespaces.open(caller, namespaceId);
    return (await this.store.list(caller, namespace.id)).map(viewOf);
  }

  /**
   * `secret` is the whole key; it is in this answer and nowhere else. Fails with `topology_not_published` when the
   * gateways could not be told: the key then stands in the list, its secret is lost, and the caller creates another one.
   */
  async create(caller: Caller, namespaceId: string, input: ApiKeyInput): Promise<ApiKeyView & { secret: string }> {
    const namespace = await this.namespaces.open(caller, namespaceId);
    const expiresAt = input.expiresAt === undefined ? null : new Date(input.expiresAt);
    if (expiresAt !== null && expiresAt.getTime() <= this.clock.nowMs()) {
      throw new WaybillError('request_invalid', {}, { issues: [{ path: 'expiresAt', message: 'must be in the future' }] });
    }
    const { id, key, secretHash } = mintApiKey(namespace.environment);
    const row = await this.store.create(
      caller,
      {
        id, secretHash, expiresAt, namespaceId: namespace.id, name: input.name, environment: namespace.environment,
        scopes: [...new Set(input.scopes)], createdAt: new Date(this.clock.nowMs()),
      },
      keyLimit,
    );
    if (row === null) throw new WaybillError('limit_reached', { resource: 'API keys', limit: keyLimit });
    await this.publisher.publish(row);
    return { ...viewOf(row), secret: key.reveal() };
  }

  /** Repeating it is harmless. Fails with `api_key_not_found`, and `topology_not_published` while gateways still take it. */
  async revoke(caller: Caller, namespaceId: string, keyId: string): Promise<void> {
    const namespace = await this.namespaces.open(caller, namespaceId);
    const row = await this.store.revoke(caller, namespace.id, keyId, new Date(this.clock.nowMs()));
    if (row === null) throw new WaybillError('api_key_not_found');
    await this.publisher.publish(row);
  }
}

function viewOf(row: ApiKeyRow): ApiKeyView {
  return {
    id: row.id, name: row.name, scopes: [...row.scopes], preview: previewOf(row.environment, row.id),
    createdAt: row.createdAt.toISOString(), expiresAt: row.expiresAt?.toISOString() ?? null, revokedAt: row.revokedAt?.toISOString() ?? null,
  };
}
