import type { Database, Transaction } from '@waybill/database';

export interface SampledHour {
  readonly tenantId: string;
  readonly namespaceId: string;
  /** First millisecond of the hour whose end it is the sample of. */
  readonly hourMs: number;
}

/** What a namespace stored at the end of an hour. */
export interface ArchiveSample {
  readonly hourMs: number;
  readonly sampledAtMs: number;
  /** Bytes, never 0, by queue and, for bodies outside, by namespace. */
  readonly bytes: ReadonlyMap<string, bigint>;
}

/** Samples as they were measured: written once, before anything is booked from them, and kept as long as the ledger. */
export class ArchiveSampleStore {
  constructor(private readonly database: Database) {}

  /** Keeps a sample unless its hour has one, and answers the one that is kept: what is booked can be counted again from it. Null where nothing was stored. */
  keep(of: SampledHour, { sampledAtMs, bytes }: Omit<ArchiveSample, 'hourMs'>): Promise<ArchiveSample | null> {
    const json = JSON.stringify(Object.fromEntries([...bytes].filter(([, size]) => size > 0n).map(([resourceId, size]) => [resourceId, String(size)])));
    return this.database.asSystem(async (tx) => {
      if (json !== '{}') {
        await tx.$executeRaw`
          INSERT INTO usage_samples (tenant_id, namespace_id, hour, sampled_at, bytes)
          VALUES (${of.tenantId}, ${of.namespaceId}, ${new Date(of.hourMs)}, ${new Date(sampledAtMs)}, ${json}::jsonb) ON CONFLICT DO NOTHING`;
      }
      return find(tx, of);
    });
  }

  /** Null where nothing was stored, and for hours of before samples were kept. */
  read(of: SampledHour): Promise<ArchiveSample | null> {
    return this.database.withTenant(of.tenantId, (tx) => find(tx, of));
  }
}

async function find(tx: Transaction, { tenantId, namespaceId, hourMs }: SampledHour): Promise<ArchiveSample | null> {
  const found = await tx.usageSample.findUnique({ where: { tenantId_namespaceId_hour: { tenantId, namespaceId, hour: new Date(hourMs) } } });
  if (found === null) return null;
  const bytes = new Map(Object.entries(found.bytes as Record<string, string>).map(([resourceId, size]) => [resourceId, BigInt(size)]));
  return { hourMs, sampledAtMs: found.sampledAt.getTime(), bytes };
}
