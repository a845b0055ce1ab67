import { Prisma } from '@waybill/database';
import type { Database } from '@waybill/database';
import type { Caller } from '@waybill/kernel';
import type { LedgerAdjustment } from '@waybill/metering';
import { amountsOf } from '../evidence/evidence.store.js';
import type { KeptEvidence } from '../evidence/evidence.store.js';
import type { DigestOfMessages } from '../evidence/message-digest.js';
import { isIndependent } from '../evidence/recount.js';
import type { Period } from './period.js';

export type ResourceKind = 'exchange' | 'queue' | 'subscription' | 'namespace';

const kindOfPrefix: Readonly<Record<string, ResourceKind>> = { q: 'queue', x: 'exchange', sub: 'subscription' };

/** What usage is counted on, told from its id. */
export const resourceKindOf = (resourceId: string): ResourceKind => kindOfPrefix[resourceId.slice(0, Math.max(0, resourceId.indexOf('_')))] ?? 'namespace';

export interface ResourceName {
  readonly kind: ResourceKind;
  readonly name: string;
}

const hoursPerPage = 2_000;

export interface SealedHour {
  readonly namespaceId: string;
  readonly hourMs: number;
  /** Of the ledger's hour, hex. */
  readonly sha256: string;
  /** Null before the hour was counted a second time. */
  readonly secondCount: {
    /** Null where no message log was kept. `whole`: the log has as many messages as the ledger. */
    readonly messages: (DigestOfMessages & { readonly whole: boolean }) | null;
    /** By dimension, what does not rest on the ledger's own sources; what is missing could not be counted again. */
    readonly units: ReadonlyMap<string, bigint>;
  } | null;
}

interface SealedHourRow {
  readonly namespaceId: string;
  readonly hour: Date;
  readonly sha256: Uint8Array;
  readonly kept: KeptEvidence | null;
  readonly messages: bigint;
  readonly bytes: bigint;
  readonly messagesSha256: Uint8Array;
  readonly units: unknown;
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function sealedHourOf({ namespaceId, hour, sha256, kept, messages, bytes, messagesSha256, units }: SealedHourRow): SealedHour {
  const digest = { messages: Number(messages), bytes, sha256: kept === null ? '' : hexOf(messagesSha256), whole: kept === 'messages' };
  const independent = new Map([...amountsOf(units)].filter(([dimension]) => isIndependent(dimension)));
  return { namespaceId, hourMs: hour.getTime(), sha256: hexOf(sha256), secondCount: kept === null ? null : { messages: kept === 'records' ? null : digest, units: independent } };
}

/** What an invoice is proved by and named with: digests of hours, adjustments of a month, names of resources. */
export class UsageSourceStore {
  constructor(private readonly database: Database) {}

  /** The sealed hours of a period with what is kept as their evidence, by namespace and hour, a page at a time. */
  async *sealedHours(caller: Caller, { startMs, endMs }: Period): AsyncGenerator<SealedHour[]> {
    let after: { namespaceId: string; hour: Date } | undefined;
    do {
      const last = after;
      const rows = await this.database.withTenant(caller.tenantId, (tx) => tx.$queryRaw<SealedHourRow[]>`
        SELECT h.namespace_id AS "namespaceId", h.hour, h.sha256, e.kept, e.messages, e.bytes, e.sha256 AS "messagesSha256", e.units
        FROM usage_hours h LEFT JOIN usage_evidence e ON e.tenant_id = h.tenant_id AND e.namespace_id = h.namespace_id AND e.hour = h.hour
        WHERE h.tenant_id = ${caller.tenantId} AND h.hour >= ${new Date(startMs)} AND h.hour < ${new Date(endMs)}
          ${last === undefined ? Prisma.empty : Prisma.sql`AND (h.namespace_id, h.hour) > (${last.namespaceId}, ${last.hour})`}
        ORDER BY h.namespace_id, h.hour LIMIT ${hoursPerPage}`);
      if (rows.length > 0) yield rows.map(sealedHourOf);
      after = rows.length === hoursPerPage ? rows.at(-1) : undefined;
    } while (after);
  }

  /** SHA-256 of the lines `namespace|hour|digest` (hour as ISO text) of the sealed hours, in the order of `sealedHours`, hex. PostgreSQL computes it: a month has 720 of a namespace. */
  async evidence(caller: Caller, { startMs, endMs }: Period): Promise<string> {
    return this.database.withTenant(caller.tenantId, async (tx) => {
      const [row] = await tx.$queryRaw<{ sha256: Uint8Array }[]>`
        SELECT sha256(convert_to(coalesce(string_agg(concat(namespace_id, '|', to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), '|', encode(sha256, 'hex'), E'\\n'), '' ORDER BY namespace_id, hour), ''), 'UTF8')) AS sha256
        FROM usage_hours WHERE tenant_id = ${caller.tenantId} AND hour >= ${new Date(startMs)} AND hour < ${new Date(endMs)}`;
      return Buffer.from(row!.sha256).toString('hex');
    });
  }

  /** Adjustments in force for hours of a period, whatever month they are billed in, in the order they were booked. */
  adjustmentsOf(caller: Caller, { startMs, endMs }: Period): Promise<(LedgerAdjustment & { bookedMs: number })[]> {
    return this.database.withTenant(caller.tenantId, async (tx) => {
      const rows = await tx.usageAdjustment.findMany({
        where: { tenantId: caller.tenantId, state: 'approved', hour: { gte: new Date(startMs), lt: new Date(endMs) } }, orderBy: [{ bookedPeriod: 'asc' }, { id: 'asc' }],
      });
      return rows.map(({ kind, hour, delta, bookedPeriod, id, namespaceId, dimension, cause, resourceId, reason, actor, approver }) => ({
        id, namespaceId, dimension, cause, resourceId, reason, actor, approver, kind: kind as LedgerAdjustment['kind'], hourMs: hour.getTime(), quantity: delta, bookedMs: bookedPeriod?.getTime() ?? 0,
      }));
    });
  }

  /** Names of namespaces and of their resources; of queues and exchanges that are gone as well. */
  names(caller: Caller, resourceIds: readonly string[]): Promise<ReadonlyMap<string, ResourceName>> {
    return this.database.withTenant(caller.tenantId, async (tx) => {
      const namespaces = await tx.namespace.findMany({ where: { tenantId: caller.tenantId }, select: { id: true, name: true } });
      const resources = await tx.resourceLifetime.findMany({ where: { tenantId: caller.tenantId, resourceId: { in: [...resourceIds] } }, select: { resourceId: true, kind: true, name: true } });
      const subscriptions = await tx.subscription.findMany({ where: { tenantId: caller.tenantId, id: { in: resourceIds.filter((id) => resourceKindOf(id) === 'subscription') } }, select: { id: true, name: true } });
      const names = new Map<string, ResourceName>(namespaces.map(({ id, name }) => [id, { kind: 'namespace', name }]));
      for (const { id, name } of subscriptions) names.set(id, { kind: 'subscription', name });
      for (const { resourceId, kind, name } of resources) names.set(resourceId, { kind: kind === 'exchange' ? 'exchange' : 'queue', name });
      return names;
    });
  }

  /** Messages of a period that a cap or a quota refused, by namespace, 0 included. */
  async blocked(caller: Caller, { startMs, endMs }: Period): Promise<ReadonlyMap<string, bigint>> {
    return this.database.withTenant(caller.tenantId, async (tx) => {
      const rows = await tx.$queryRaw<{ id: string; units: bigint }[]>`
        SELECT n.id, coalesce(sum(d.quantity), 0)::bigint AS units FROM namespaces n
        LEFT JOIN usage_namespace_days d ON d.tenant_id = n.tenant_id AND d.namespace_id = n.id AND d.dimension = 'mq_blocked'
          AND d.day >= ${new Date(startMs).toISOString().slice(0, 10)}::date AND d.day < ${new Date(endMs).toISOString().slice(0, 10)}::date
        WHERE n.tenant_id = ${caller.tenantId} GROUP BY 1`;
      return new Map(rows.map(({ id, units }) => [id, units]));
    });
  }

  /** Sum of each day of a period, by day, dimension and cause. */
  async days(caller: Caller, { startMs, endMs }: Period): Promise<{ day: string; dimension: string; cause: string; quantity: bigint }[]> {
    return this.database.withTenant(caller.tenantId, (tx) => tx.$queryRaw<{ day: string; dimension: string; cause: string; quantity: bigint }[]>`
      SELECT to_char(day, 'YYYY-MM-DD') AS day, dimension, cause, sum(quantity)::bigint AS quantity FROM usage_days
      WHERE tenant_id = ${caller.tenantId} AND day >= ${new Date(startMs).toISOString().slice(0, 10)}::date AND day < ${new Date(endMs).toISOString().slice(0, 10)}::date
      GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`);
  }
}
