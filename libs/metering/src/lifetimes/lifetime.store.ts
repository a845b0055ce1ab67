import type { Database } from '@waybill/database';
import { hourMs } from '../usage-field.js';
import type { Lifetime } from './minutes.js';

/** Lifetimes as the topology wrote them, with its definitions (libs/topology). */
export class LifetimeStore {
  constructor(private readonly database: Database) {}

  /** The clock that lifetimes are written by, ms. */
  async nowMs(): Promise<number> {
    const [row] = await this.database.asSystem((tx) => tx.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`);
    return row!.now.getTime();
  }

  /** What existed in an hour, for however short. */
  async existing(of: { readonly tenantId: string; readonly namespaceId: string }, startMs: number): Promise<Lifetime[]> {
    const [start, end] = [new Date(startMs), new Date(startMs + hourMs)];
    const rows = await this.database.asSystem((tx) =>
      tx.resourceLifetime.findMany({
        where: { tenantId: of.tenantId, namespaceId: of.namespaceId, bornAt: { lt: end }, OR: [{ goneAt: null }, { goneAt: { gte: start } }] },
      }),
    );
    return rows.map(({ kind, name, resourceId, bornAt, goneAt }) => ({ kind: kind as Lifetime['kind'], name, resourceId, bornMs: bornAt.getTime(), goneMs: goneAt?.getTime() ?? null }));
  }

  /** Ids of the queues that exist. */
  async queues(of: { readonly tenantId: string; readonly namespaceId: string }): Promise<string[]> {
    const rows = await this.database.asSystem((tx) =>
      tx.resourceLifetime.findMany({ where: { tenantId: of.tenantId, namespaceId: of.namespaceId, kind: 'queue', goneAt: null }, select: { resourceId: true }, orderBy: { resourceId: 'asc' } }),
    );
    return rows.map(({ resourceId }) => resourceId);
  }
}
