import { WaybillError } from '@waybill/kernel';
import type { Clock, Logger } from '@waybill/kernel';
import type { ApiKeyRow, ApiKeyStore } from './api-key.store.js';
import { revokedMemoryMs } from './published-key.js';
import type { PublishedKey } from './published-key.js';
import type { PublishedKeyStore } from './published-key.store.js';

const pageSize = 500;

/** Carries keys from PostgreSQL to the copy in Redis that the gateways read. */
export class KeyPublisher {
  constructor(
    private readonly keys: ApiKeyStore,
    private readonly copy: PublishedKeyStore,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Fails with `topology_not_published` when Redis does not take it; `relay` then tries again. */
  async publish(row: ApiKeyRow): Promise<void> {
    try {
      await this.copy.write([publishedKey(row)]);
    } catch (cause) {
      throw new WaybillError('topology_not_published', {}, { cause });
    }
    await this.keys.markPublished([row]);
  }

  /**
   * Publishes what is behind, everything when the copy was lost. Returns how many keys it wrote.
   * Fails with `store_unavailable` when Redis does not answer.
   */
  async relay(): Promise<number> {
    let written = (await this.copy.isComplete()) ? 0 : await this.republishAll();
    for (;;) {
      const rows = await this.keys.unpublished(pageSize);
      await this.#write(rows);
      written += rows.length;
      if (rows.length < pageSize) return written;
    }
  }

  /** Writes every key again, for a Redis that has lost them. */
  async republishAll(): Promise<number> {
    const revokedSince = new Date(this.clock.nowMs() - revokedMemoryMs);
    let written = 0;
    for (let afterId = ''; ; ) {
      const rows = await this.keys.worthPublishing(afterId, revokedSince, pageSize);
      await this.#write(rows);
      written += rows.length;
      const last = rows.at(-1);
      if (last === undefined || rows.length < pageSize) break;
      afterId = last.id;
    }
    await this.copy.markComplete();
    this.logger.warn('api_keys.republished', { keys: written });
    return written;
  }

  async #write(rows: readonly ApiKeyRow[]): Promise<void> {
    if (rows.length === 0) return;
    await this.copy.write(rows.map(publishedKey));
    await this.keys.markPublished(rows);
  }
}

function publishedKey(row: ApiKeyRow): PublishedKey {
  return {
    id: row.id, tenantId: row.tenantId, namespaceId: row.namespaceId, environment: row.environment,
    secretHash: Buffer.from(row.secretHash).toString('base64url'), scopes: row.scopes,
    expiresAt: row.expiresAt?.getTime() ?? null, revokedAt: row.revokedAt?.getTime() ?? null,
  };
}
