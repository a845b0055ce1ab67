import type { Database, Transaction } from '@waybill/database';
import type { NamespaceId } from '@waybill/kernel';
import { beforeAll } from './log-entry.js';
import type { PackedSegment } from './segment-merge.js';
import { fullSegmentEvents, hourMs } from './segment-packer.js';

/** How far the log of a namespace is stored. */
export interface LogProgress {
  /** Id of the last entry stored. */
  readonly lastEntry: string;
  /** Rows stored so far; the number of the next one. */
  readonly events: number;
}

export interface StoredSegment {
  readonly firstEvent: number;
  readonly events: number;
  readonly fromMs: number;
  readonly payload: Uint8Array;
}

/** `moved_on`: another drainer stored entries since; nothing was stored now. */
export type Appending = 'stored' | 'moved_on';

export interface SegmentRow {
  first_event: bigint;
  events: number;
  from_at: Date;
  payload: Uint8Array;
}

export const segmentOf = (row: SegmentRow): StoredSegment => ({
  firstEvent: Number(row.first_event), events: row.events, fromMs: row.from_at.getTime(), payload: row.payload,
});

/** More small segments than can be in an hour, by the rule of segment-merge.ts. */
const smallSegments = 16;
const deletedAtOnce = 200;

/** Segments in PostgreSQL, as the worker writes them. */
export class SegmentStore {
  readonly #tenants = new Map<NamespaceId, string>();

  constructor(private readonly database: Database) {}

  /** Undefined when the namespace does not exist. */
  async progress(namespaceId: NamespaceId): Promise<LogProgress | undefined> {
    if ((await this.#tenantOf(namespaceId)) === undefined) return undefined;
    const found = await this.database.asSystem((tx) => tx.messageLogProgress.findUnique({ where: { namespaceId } }));
    return { lastEntry: found?.lastEntry ?? beforeAll, events: Number(found?.events ?? 0) };
  }

  /** The newest segments of an hour that are not full, newest first. */
  async small(namespaceId: NamespaceId, hourStartMs: number): Promise<StoredSegment[]> {
    const rows = await this.database.asSystem((tx) => tx.$queryRaw<SegmentRow[]>`
      SELECT first_event, events, from_at, payload FROM message_log_segments
      WHERE namespace_id = ${namespaceId} AND hour = ${new Date(hourStartMs)} AND events < ${fullSegmentEvents}
      ORDER BY first_event DESC LIMIT ${smallSegments}`);
    return rows.map(segmentOf);
  }

  /**
   * Stores the segments after `before` and moves the progress on, in one transaction: what a drainer that was killed or
   * raced stores twice is refused here. `replaced`: first rows of segments that the new ones contain.
   */
  async append(namespaceId: NamespaceId, before: LogProgress, after: LogProgress, segments: readonly PackedSegment[], replaced: readonly number[]): Promise<Appending> {
    const tenantId = await this.#tenantOf(namespaceId);
    if (tenantId === undefined) return 'moved_on';
    return this.database.asSystem(async (tx) => {
      if (!(await advance(tx, { namespaceId, tenantId }, before, after))) return 'moved_on';
      if (replaced.length > 0) {
        const hours = [...new Set(segments.map(hourOf))];
        await tx.$executeRaw`
          DELETE FROM message_log_segments WHERE namespace_id = ${namespaceId} AND hour = ANY(${hours.map((ms) => new Date(ms))}::timestamptz[])
            AND first_event = ANY(${replaced.map(String)}::text[]::bigint[])`;
      }
      for (const segment of segments) await insert(tx, { namespaceId, tenantId }, segment);
      return 'stored';
    });
  }

  /** Deletes some segments of the hours before a moment; returns how many, 0 when none is left. */
  deleteBefore(beforeMs: number): Promise<number> {
    const before = new Date(Math.floor(beforeMs / hourMs) * hourMs);
    return this.database.asSystem((tx) => tx.$executeRaw`
      DELETE FROM message_log_segments WHERE (namespace_id, hour, first_event) IN (
        SELECT namespace_id, hour, first_event FROM message_log_segments WHERE hour < ${before} LIMIT ${deletedAtOnce})`);
  }

  /** A namespace never changes its tenant. */
  async #tenantOf(namespaceId: NamespaceId): Promise<string | undefined> {
    const known = this.#tenants.get(namespaceId);
    if (known !== undefined) return known;
    const found = await this.database.asSystem((tx) => tx.namespace.findUnique({ where: { id: namespaceId }, select: { tenantId: true } }));
    if (found) this.#tenants.set(namespaceId, found.tenantId);
    return found?.tenantId;
  }
}

interface Owner {
  readonly namespaceId: NamespaceId;
  readonly tenantId: string;
}

const hourOf = ({ fromMs }: PackedSegment): number => Math.floor(fromMs / hourMs) * hourMs;

/** False when the progress is not where this drainer thought it was. The row stays locked until the transaction ends. */
async function advance(tx: Transaction, { namespaceId, tenantId }: Owner, before: LogProgress, after: LogProgress): Promise<boolean> {
  const events = BigInt(after.events);
  if (before.lastEntry === beforeAll) {
    return (await tx.$executeRaw`
      INSERT INTO message_log_progress (namespace_id, tenant_id, last_entry, events)
      VALUES (${namespaceId}, ${tenantId}, ${after.lastEntry}, ${events}) ON CONFLICT DO NOTHING`) === 1;
  }
  return (await tx.$executeRaw`
    UPDATE message_log_progress SET last_entry = ${after.lastEntry}, events = ${events}
    WHERE namespace_id = ${namespaceId} AND last_entry = ${before.lastEntry} AND events = ${BigInt(before.events)}`) === 1;
}

async function insert(tx: Transaction, { namespaceId, tenantId }: Owner, segment: PackedSegment): Promise<void> {
  const { firstEvent, events, fromMs, toMs, minPosition, maxPosition, kinds, moved, terms, members, payload } = segment;
  const hour = new Date(hourOf(segment));
  await tx.$executeRaw`
    INSERT INTO message_log_segments (namespace_id, hour, first_event, tenant_id, events, from_at, to_at, min_position, max_position, kinds, moved, members, payload)
    VALUES (${namespaceId}, ${hour}, ${BigInt(firstEvent)}, ${tenantId}, ${events}, ${new Date(fromMs)}, ${new Date(toMs)},
      ${BigInt(minPosition)}, ${BigInt(maxPosition)}, ${kinds}, ${moved}, ${members}, ${payload})`;
  await tx.$executeRaw`
    INSERT INTO message_log_terms (namespace_id, term, hour, first_event, tenant_id)
    SELECT ${namespaceId}, term, ${hour}, ${BigInt(firstEvent)}, ${tenantId} FROM unnest(${[...new Set(terms)].map(String)}::text[]::bigint[]) term`;
}
