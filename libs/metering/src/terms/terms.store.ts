import type { Database, Transaction } from '@waybill/database';
import type { NamespaceId } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { PublishedPrice, PublishGateState } from './publish-terms.js';
import { quotaDimensions } from './publish-terms.js';

export interface NamespaceTerms {
  readonly namespaceId: NamespaceId;
  readonly version: bigint;
  readonly price: PublishedPrice | null;
  readonly gate: PublishGateState | null;
}

interface TermsRow {
  namespaceId: string;
  version: bigint;
  price: unknown;
  gate: unknown;
}

/** Prices and gates of all namespaces in PostgreSQL: what Redis must say. */
export class TermsStore {
  constructor(private readonly database: Database) {}

  /** Notes a price or a gate under the next version; the same once more changes nothing. Fails with `namespace_not_found`. */
  put(namespaceId: NamespaceId, change: { readonly price: PublishedPrice | null } | { readonly gate: PublishGateState }): Promise<NamespaceTerms> {
    return this.database.asSystem(async (tx) => {
      const tenantId = await tenantOf(tx, namespaceId);
      const json = JSON.stringify(Object.values(change)[0] ?? null);
      await ('price' in change
        ? tx.$executeRaw`
            INSERT INTO publish_terms AS t (tenant_id, namespace_id, price) VALUES (${tenantId}, ${namespaceId}, ${json}::jsonb)
            ON CONFLICT (tenant_id, namespace_id) DO UPDATE SET price = excluded.price, version = t.version + 1, published = false, changed_at = now()
            WHERE t.price IS DISTINCT FROM excluded.price`
        : tx.$executeRaw`
            INSERT INTO publish_terms AS t (tenant_id, namespace_id, gate) VALUES (${tenantId}, ${namespaceId}, ${json}::jsonb)
            ON CONFLICT (tenant_id, namespace_id) DO UPDATE SET gate = excluded.gate, version = t.version + 1, published = false, changed_at = now()
            WHERE t.gate IS DISTINCT FROM excluded.gate`);
      return termsOf(await tx.publishTerms.findUniqueOrThrow({ where: { tenantId_namespaceId: { tenantId, namespaceId } } }));
    });
  }

  /** By namespace id; `after` is the last id of the page before, '' at first. `unpublished`: only what Redis may not have. */
  async page(unpublished: boolean, after: string, limit: number): Promise<NamespaceTerms[]> {
    const rows = await this.database.asSystem((tx) =>
      tx.publishTerms.findMany({ where: { namespaceId: { gt: after }, ...(unpublished ? { published: false } : {}) }, orderBy: { namespaceId: 'asc' }, take: limit }),
    );
    return rows.map(termsOf);
  }

  async markPublished({ namespaceId, version }: NamespaceTerms): Promise<void> {
    await this.database.asSystem((tx) => tx.publishTerms.updateMany({ where: { namespaceId, version }, data: { published: true } }));
  }

  /** What the ledger has of this month (UTC) per quota dimension: where a quota begins that was not there from the start. */
  async usedThisMonth(namespaceId: NamespaceId): Promise<{ month: number; used: bigint[] }> {
    const rows = await this.database.asSystem((tx) => tx.$queryRaw<{ dimension: string; used: bigint }[]>`
      SELECT dimension, sum(quantity)::bigint AS used FROM usage_days d JOIN namespaces n ON n.id = d.namespace_id AND n.tenant_id = d.tenant_id
      WHERE n.id = ${namespaceId} AND day >= date_trunc('month', now() AT TIME ZONE 'UTC')::date AND dimension = ANY(${[...quotaDimensions]}::text[])
      GROUP BY dimension`);
    const now = new Date();
    const used = new Map(rows.map((row) => [row.dimension, row.used]));
    return { month: now.getUTCFullYear() * 12 + now.getUTCMonth() + 1, used: quotaDimensions.map((dimension) => used.get(dimension) ?? 0n) };
  }
}

async function tenantOf(tx: Transaction, namespaceId: NamespaceId): Promise<string> {
  const found = await tx.namespace.findUnique({ where: { id: namespaceId }, select: { tenantId: true } });
  if (!found) throw new WaybillError('namespace_not_found');
  return found.tenantId;
}

function termsOf({ namespaceId, version, price, gate }: TermsRow): NamespaceTerms {
  return { namespaceId: namespaceId as NamespaceId, version, price: price as PublishedPrice | null, gate: gate as PublishGateState | null };
}
