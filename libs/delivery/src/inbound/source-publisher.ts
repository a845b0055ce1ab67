import { WaybillError } from '@waybill/kernel';
import type { Logger } from '@waybill/kernel';
import type { PublishedSourceStore } from './published-source.store.js';
import type { PublishedSource } from './source.js';
import type { SourceRow, SourceStore } from './source.store.js';

const pageSize = 500;

/** Carries sources from PostgreSQL to the copy in Redis that the gateways read. */
export class SourcePublisher {
  constructor(
    private readonly sources: SourceStore,
    private readonly copy: PublishedSourceStore,
    private readonly logger: Logger,
  ) {}

  /** Fails with `topology_not_published` when Redis does not take it; `relay` then tries again. */
  async publish(row: SourceRow): Promise<void> {
    try {
      await this.#write(row);
    } catch (cause) {
      throw new WaybillError('topology_not_published', {}, { cause });
    }
    await this.sources.markPublished(row);
  }

  /** Publishes what is behind, everything when the copy was lost. Fails with `store_unavailable`. */
  async relay(): Promise<number> {
    let written = (await this.copy.isComplete()) ? 0 : await this.#republishAll();
    for (;;) {
      const rows = await this.sources.unpublished(pageSize);
      for (const row of rows) {
        await this.#write(row);
        await this.sources.markPublished(row);
      }
      written += rows.length;
      if (rows.length < pageSize) return written;
    }
  }

  async #republishAll(): Promise<number> {
    let written = 0;
    for (let afterId = ''; ; ) {
      const rows = await this.sources.all(afterId, pageSize);
      for (const row of rows) await this.#write(row);
      written += rows.length;
      const last = rows.at(-1);
      if (last === undefined || rows.length < pageSize) break;
      afterId = last.id;
    }
    await this.copy.markComplete();
    this.logger.warn('sources.republished', { sources: written });
    return written;
  }

  #write(row: SourceRow): Promise<void> {
    return this.copy.write(row.id, row.version, row.deletedAt === null ? publishedSource(row) : null);
  }
}

function publishedSource({ id, version, tenantId, namespaceId, name, exchange, key, scheme, keepHeaders, paused, secrets }: SourceRow): PublishedSource {
  return { id, version, tenantId, namespaceId, name, exchange, key, scheme, keepHeaders, paused, secrets };
}
