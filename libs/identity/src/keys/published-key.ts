import type { KeyScope } from '@waybill/kernel';

/** A key as the gateways read it from Redis (`waybill:key:<id>`); the plain secret is nowhere. */
export interface PublishedKey {
  readonly id: string;
  readonly tenantId: string;
  readonly namespaceId: string;
  readonly environment: string;
  /** base64url of the SHA-256 of the secret part */
  readonly secretHash: string;
  readonly scopes: readonly KeyScope[];
  /** ms since the epoch */
  readonly expiresAt: number | null;
  /** ms since the epoch */
  readonly revokedAt: number | null;
}

/** How long Redis remembers a revoked key, so that its user reads "revoked" rather than "unknown". */
export const revokedMemoryMs = 90 * 24 * 3_600_000;
