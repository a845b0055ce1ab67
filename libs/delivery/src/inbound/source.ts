import type { NamespaceId, TenantId } from '@waybill/kernel';

/** How a provider signs; see the contract of sources for what each field means. */
export type SourceScheme =
  | { readonly kind: 'standard'; readonly toleranceSeconds: number }
  | { readonly kind: 'github' }
  | { readonly kind: 'stripe'; readonly toleranceSeconds: number }
  | {
      readonly kind: 'hmac';
      readonly header: string;
      readonly prefix: string;
      readonly encoding: 'hex' | 'base64';
      readonly algorithm: 'sha256' | 'sha512';
      readonly timestampHeader?: string | undefined;
      readonly toleranceSeconds: number;
      readonly idHeader?: string | undefined;
    };

/** A secret as it lies in PostgreSQL and Redis. */
export interface SealedSourceSecret {
  readonly id: string;
  readonly sealed: string;
  readonly createdAtMs: number;
  /** null: until it is revoked. */
  readonly liveUntilMs: number | null;
}

/** A source as the gateways read it from Redis (`waybill:source:<id>`); its secrets stay sealed there. */
export interface PublishedSource {
  readonly id: string;
  readonly version: number;
  readonly tenantId: TenantId;
  readonly namespaceId: NamespaceId;
  readonly name: string;
  readonly exchange: string;
  readonly key: string;
  readonly scheme: SourceScheme;
  readonly keepHeaders: readonly string[];
  readonly paused: boolean;
  readonly secrets: readonly SealedSourceSecret[];
}

export const sourceLimits = { perNamespace: 200, liveSecrets: 5 } as const;

/** Under which name the secrets of a source are sealed. */
export const sourceSecretName = 'source';
