import type { Caller, NamespaceId } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { CountedRow, MessageLogReader } from '@waybill/message-log';
import type { DayRange, DrillDownStore, HourShare, Level, LevelQuery, Share, TimeShare } from './drill-down.store.js';
import type { Evidence, EvidenceStore } from './evidence.store.js';
import { isRecounted, unitsOf } from './recount.js';

/** One message behind an hour of a queue or exchange; never its body. */
export interface MessageShare {
  readonly messageId: string;
  readonly atMs: number;
  readonly units: bigint;
  readonly cause: string;
  readonly bytes: number | null;
  /** Routing key; null for a message that died. */
  readonly key: string | null;
  /** Ids of the exchanges passed and the queues reached. */
  readonly exchanges: readonly string[];
  readonly queues: readonly string[];
  /** Id of the key or person it was published with; null when unknown. */
  readonly publishedBy: string | null;
}

/**
 * Why the messages behind an hour are not shown: the dimension is not counted by the message (`not_by_message`), the
 * namespace kept no log then (`log_off`), or the log is not there any more (`log_expired`).
 */
export type EndsAtHour = 'not_by_message' | 'log_off' | 'log_expired';

export interface HourMessages {
  /** What the ledger has of the hour: what the units of all rows add up to. */
  readonly total: bigint;
  readonly items: readonly MessageShare[];
  readonly next: string | null;
  /** Null when the rows are shown. */
  readonly endsAtHour: EndsAtHour | null;
  /** Kept for the sealed hour; null before. */
  readonly evidence: Evidence | null;
}

export interface HourPlace {
  readonly namespaceId: NamespaceId;
  readonly resourceId: string;
  readonly dimension: string;
  readonly hourMs: number;
}

const hourMs = 3_600_000;
const dayMs = 86_400_000;

/** From an invoice line down to its messages; every level adds up to the item above it exactly. Adjustments are lines of their own. */
export class DrillDown {
  constructor(
    private readonly store: DrillDownStore,
    private readonly evidence: EvidenceStore,
    private readonly log: Pick<MessageLogReader, 'counted' | 'storedUntilMs'>,
  ) {}

  dimensions(caller: Caller, days: DayRange): Promise<Share[]> {
    return this.store.dimensions(caller, days);
  }

  namespaces(caller: Caller, query: LevelQuery): Promise<Level<Share>> {
    return this.store.namespaces(caller, query);
  }

  resources(caller: Caller, namespaceId: string, query: LevelQuery): Promise<Level<Share>> {
    return this.store.resources(caller, namespaceId, query);
  }

  days(caller: Caller, place: Omit<HourPlace, 'hourMs'>, days: DayRange): Promise<Level<TimeShare>> {
    return this.store.days(caller, place.namespaceId, place.resourceId, place.dimension, days);
  }

  /** `dayMs`: any moment of the day. */
  hours(caller: Caller, place: Omit<HourPlace, 'hourMs'>, atMs: number): Promise<Level<HourShare>> {
    return this.store.hours(caller, place.namespaceId, place.resourceId, place.dimension, Math.floor(atMs / dayMs) * dayMs);
  }

  /** Messages of one hour, oldest first. Fails with `page_token_invalid`. */
  async messages(caller: Caller, place: HourPlace, { limit, after }: { readonly limit: number; readonly after?: string | undefined }): Promise<HourMessages> {
    const { namespaceId, resourceId, dimension, hourMs: startMs } = place;
    if (after !== undefined && !/^\d{1,15}$/.test(after)) throw new WaybillError('page_token_invalid');
    const { items: hours } = await this.hours(caller, place, startMs);
    const total = hours.filter((hour) => hour.startMs === startMs).reduce((sum, { quantity }) => sum + quantity, 0n);
    const evidence = await this.evidence.read(caller, namespaceId, startMs);
    const ends = (endsAtHour: EndsAtHour): HourMessages => ({ total, items: [], next: null, endsAtHour, evidence });
    if (!isRecounted(dimension)) return ends('not_by_message');

    const owner = { tenantId: caller.tenantId, namespaceId };
    const range = { fromMs: startMs, toMs: startMs + hourMs, afterNumber: after === undefined ? undefined : Number(after), queueId: resourceId.startsWith('q_') ? resourceId : undefined };
    const items: (MessageShare & { readonly number: number })[] = [];
    for await (const rows of this.log.counted(owner, range)) {
      for (const row of rows) {
        const units = unitsOf(row, dimension).filter(([, id]) => id === resourceId);
        if (units.length > 0) items.push({ ...shareOf(row), number: row.number, cause: units[0]![0], units: units.reduce((sum, [, , amount]) => sum + amount, 0n) });
      }
      if (items.length > limit) break;
    }
    if (items.length === 0 && after === undefined && total > 0n) return ends(await this.#whyNothing(owner, evidence));
    const page = items.slice(0, limit);
    return {
      total, items: page.map(({ number: _number, ...item }) => item), endsAtHour: null, evidence,
      next: items.length > limit ? String(page.at(-1)!.number) : null,
    };
  }

  async #whyNothing(owner: { readonly tenantId: Caller['tenantId']; readonly namespaceId: NamespaceId }, evidence: Evidence | null): Promise<EndsAtHour> {
    if (evidence !== null) return evidence.kept === 'records' ? 'log_off' : 'log_expired';
    return (await this.log.storedUntilMs(owner)) === null ? 'log_off' : 'log_expired';
  }
}

function shareOf(row: CountedRow): Omit<MessageShare, 'units' | 'cause'> {
  const { messageId, atMs } = row;
  if (row.kind === 'dead') return { messageId, atMs, bytes: null, key: null, exchanges: [], queues: [row.queueId], publishedBy: null };
  return { messageId, atMs, bytes: row.bytes, key: row.key, exchanges: row.exchanges, queues: row.queues, publishedBy: row.publishedBy || null };
}
