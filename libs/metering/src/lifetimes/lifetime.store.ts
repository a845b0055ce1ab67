import type { Database } from '@waybill/database';
import { hourMs } from '../usage-field.js';
import type { Lifetime } from './minutes.js';

interface Owner {
  readonly tenantId: string;
  readonly namespaceId: string;
}

interface Row {
  readonly kind: string;
  readonly name: string;
  readonly resourceId: string;
  readonly bornAt: Date;
  readonly goneAt: Date | null;
}

/** Lifetimes as the topology wrote them, with its definitions (libs/topology). */
export class LifetimeStore {
  constructor(private readonly database: Database) {}

  /** The clock that lifetimes are written by, ms. */
  async nowMs(): Promise<number> {
    const [row] = await this.database.asSystem((tx) => tx.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`);
    return row!.now.getTime();
  }

  /** What existed in an hour, for however short. */
  async existing({ tenantId, namespaceId }: Owner, startMs: number): Promise<Lifetime[]> {
    const [start, end] = [new Date(startMs), new Date(startMs + hourMs)];
    const rows = await this.database.withTenant(tenantId, (tx) => tx.resourceLifetime.findMany({ where: { tenantId, namespaceId, bornAt: { lt: end }, OR: [{ goneAt: null }, { goneAt: { gte: start } }] } }));
    return rows.map(lifetimeOf);
  }

  /**
   * Of the name that a resource had: what existed under it in an hour, the resource's own lifetime included; empty where
   * there is no such resource. A name has one owner at a time, so of all that began before the hour one can reach into it.
   */
  async namesakes({ tenantId, namespaceId }: Owner, resourceId: string, startMs: number): Promise<Lifetime[]> {
    const [start, end] = [new Date(startMs), new Date(startMs + hourMs)];
    const rows = await this.database.withTenant(tenantId, async (tx) => {
      const own = await tx.resourceLifetime.findUnique({ where: { tenantId_namespaceId_resourceId: { tenantId, namespaceId, resourceId } } });
      if (own === null) return [];
      const of = { tenantId, namespaceId, name: own.name, kind: own.kind };
      const [before, within] = [
        await tx.resourceLifetime.findMany({ where: { ...of, bornAt: { lt: start } }, orderBy: { bornAt: 'desc' }, take: 1 }),
        await tx.resourceLifetime.findMany({ where: { ...of, bornAt: { gte: start, lt: end } }, orderBy: { bornAt: 'asc' } }),
      ];
      return [...before, ...within];
    });
    return rows.map(lifetimeOf);
  }

  /** Ids of the queues that exist. */
  async queues({ tenantId, namespaceId }: Owner): Promise<string[]> {
    const rows = await this.database.asSystem((tx) =>
      tx.resourceLifetime.findMany({ where: { tenantId, namespaceId, kind: 'queue', goneAt: null }, select: { resourceId: true }, orderBy: { resourceId: 'asc' } }),
    );
    return rows.map(({ resourceId }) => resourceId);
  }
}

const lifetimeOf = ({ kind, name, resourceId, bornAt, goneAt }: Row): Lifetime => ({
  kind: kind as Lifetime['kind'], name, resourceId, bornMs: bornAt.getTime(), goneMs: goneAt?.getTime() ?? null,
});
