import type { Position } from '@waybill/broker';
import { Prisma } from '@waybill/database';
import type { Database, Transaction } from '@waybill/database';
import type { NamespaceId, TenantId } from '@waybill/kernel';
import { codeOf } from './fact.js';
import { beforeAll } from './log-entry.js';
import { probesOfKey, probesOfPosition } from './membership.js';
import { hourMs } from './segment-packer.js';
import { termsForPosition, termsForQueue } from './search-terms.js';
import type { LogProgress, SegmentRow, StoredSegment } from './segment.store.js';
import { segmentOf } from './segment.store.js';

/** Whose log is read. */
export interface LogOwner {
  readonly tenantId: TenantId;
  readonly namespaceId: NamespaceId;
}

export interface SegmentFilter {
  /** Bit n: has rows of kind n, any of them. */
  readonly kinds: number;
  readonly queueId?: string | undefined;
  /** A routing key, exactly. */
  readonly key?: string | undefined;
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
}

/** Segments a lookup of one message reads at most; a message rarely is in more than three. */
const lookupLimit = 500;

/** Reads segments inside one tenant. */
export class SegmentSearchStore {
  constructor(private readonly database: Database) {}

  /** Undefined while nothing is stored. */
  async progress({ tenantId, namespaceId }: LogOwner): Promise<LogProgress | undefined> {
    const found = await this.#in(tenantId, (tx) => tx.messageLogProgress.findFirst({ where: { namespaceId, tenantId } }));
    return found === null ? undefined : { lastEntry: found.lastEntry, events: Number(found.events) };
  }

  /** Segments that speak of a message at this position, or may, oldest first. */
  touching({ tenantId, namespaceId }: LogOwner, position: Position): Promise<StoredSegment[]> {
    const at = BigInt(position);
    return this.#segments(tenantId, Prisma.sql`
      tenant_id = ${tenantId} AND namespace_id = ${namespaceId} AND ${hasTerm(namespaceId, termsForPosition(namespaceId, position))}
      AND min_position <= ${at} AND max_position >= ${at} AND ${mayHaveSql(probesOfPosition(position))}
      ORDER BY hour, first_event LIMIT ${lookupLimit}`);
  }

  /** Segments with messages that were moved to one of these positions, or may have. */
  movedTo({ tenantId, namespaceId }: LogOwner, positions: readonly Position[]): Promise<StoredSegment[]> {
    const terms = [...new Set(positions.flatMap((position) => termsForPosition(namespaceId, position)))];
    return this.#segments(tenantId, Prisma.sql`
      tenant_id = ${tenantId} AND namespace_id = ${namespaceId} AND moved AND ${hasTerm(namespaceId, terms)}
      AND min_position <= ${BigInt(Math.max(...positions))} AND max_position >= ${BigInt(Math.min(...positions))}
      ORDER BY hour, first_event LIMIT ${lookupLimit}`);
  }

  /** The first segments in which a queue was emptied as a whole at or after a moment. */
  emptied({ tenantId, namespaceId }: LogOwner, queueId: string, fromMs: number, count: number): Promise<StoredSegment[]> {
    return this.#segments(tenantId, Prisma.sql`
      tenant_id = ${tenantId} AND namespace_id = ${namespaceId} AND ${hasTerm(namespaceId, termsForQueue(namespaceId, queueId))}
      AND (kinds & ${1 << codeOf.emptied}) <> 0 AND hour >= ${hourOf(fromMs)} AND to_at >= ${new Date(fromMs)}
      ORDER BY hour, first_event LIMIT ${count}`);
  }

  /** Segments with rows before a number that the filter may hold for, newest first. */
  before({ tenantId, namespaceId }: LogOwner, number: number, filter: SegmentFilter, count: number): Promise<StoredSegment[]> {
    return this.#segments(tenantId, Prisma.sql`
      ${conditions({ tenantId, namespaceId }, filter)} AND first_event < ${BigInt(number)} ORDER BY hour DESC, first_event DESC LIMIT ${count}`);
  }

  /** Segments with rows from a number on that the filter may hold for, oldest first. */
  from({ tenantId, namespaceId }: LogOwner, number: number, filter: SegmentFilter, count: number): Promise<StoredSegment[]> {
    return this.#segments(tenantId, Prisma.sql`
      ${conditions({ tenantId, namespaceId }, filter)} AND first_event >= ${BigInt(number)} ORDER BY hour, first_event LIMIT ${count}`);
  }

  async #segments(tenantId: TenantId, where: Prisma.Sql): Promise<StoredSegment[]> {
    const rows = await this.#in(tenantId, (tx) => tx.$queryRaw<SegmentRow[]>`SELECT first_event, events, from_at, payload FROM message_log_segments WHERE ${where}`);
    return rows.map(segmentOf);
  }

  #in<T>(tenantId: TenantId, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.withTenant(tenantId, work);
  }
}

/** Nothing is stored yet. */
export const noProgress: LogProgress = { lastEntry: beforeAll, events: 0 };

const hourOf = (ms: number): Date => new Date(Math.floor(ms / hourMs) * hourMs);

function hasTerm(namespaceId: NamespaceId, terms: readonly bigint[]): Prisma.Sql {
  return Prisma.sql`(hour, first_event) IN (
    SELECT hour, first_event FROM message_log_terms WHERE namespace_id = ${namespaceId} AND term = ANY(${terms.map(String)}::text[]::bigint[]))`;
}

function conditions({ tenantId, namespaceId }: LogOwner, { kinds, queueId, key, fromMs, toMs }: SegmentFilter): Prisma.Sql {
  const all = [Prisma.sql`tenant_id = ${tenantId} AND namespace_id = ${namespaceId} AND (kinds & ${kinds}) <> 0`];
  if (queueId !== undefined) all.push(hasTerm(namespaceId, termsForQueue(namespaceId, queueId)));
  if (key !== undefined) all.push(mayHaveSql(probesOfKey(key)));
  if (fromMs !== undefined) all.push(Prisma.sql`hour >= ${hourOf(fromMs)} AND to_at >= ${new Date(fromMs)}`);
  if (toMs !== undefined) all.push(Prisma.sql`hour <= ${hourOf(toMs)} AND from_at <= ${new Date(toMs)}`);
  return Prisma.join(all, ' AND ');
}

/** `mayHave` of membership.ts, where the filters lie. */
function mayHaveSql(probes: readonly number[]): Prisma.Sql {
  return Prisma.sql`(SELECT bool_and(get_bit(members, probe % (octet_length(members)::bigint * 8)) = 1) FROM unnest(${probes.map(String)}::text[]::bigint[]) probe)`;
}
