import type { Caller, NamespaceId } from '@waybill/kernel';
import type { LogOwner, MessageLogReader } from '@waybill/message-log';
import type { EvidenceStore, HourSums } from './evidence.store.js';
import type { Recount } from './recount.js';
import { isRecounted, recount } from './recount.js';

/**
 * Why sums of an hour differ. `late`: booked after it was sealed, as adjustments. `lost_counter`: the log has what was never
 * counted. `lost_log`: the ledger has what the log does not, or no longer. `log_behind`: the log is not stored so far.
 * `ledger_changed`: a record is not the sum of its entries.
 */
export type DifferenceCause = 'late' | 'lost_counter' | 'lost_log' | 'log_behind' | 'ledger_changed';

/** A: message log. B: record. C: sum of entries. */
export interface Difference {
  readonly hourMs: number;
  readonly dimension: string;
  readonly cause: string;
  readonly resourceId: string;
  /** Null where the log cannot be counted: other dimensions, or a namespace without a log. */
  readonly log: bigint | null;
  readonly record: bigint;
  readonly entries: bigint;
  /** Of adjustments of this hour that came late. */
  readonly late: bigint;
  readonly why: DifferenceCause;
}

export interface HourReconciliation {
  readonly hourMs: number;
  readonly state: 'sealed' | 'not_sealed';
  /** Whether the message log was counted; if not, B and C alone are compared. */
  readonly counted: 'log' | 'log_behind' | 'log_off';
  readonly differences: readonly Difference[];
}

const hourMs = 3_600_000;

/** The reconciliation report (billing.md §7) as far as metering goes: A = B = C by tenant, namespace, dimension, hour. */
export class Reconciliation {
  constructor(
    private readonly evidence: EvidenceStore,
    private readonly log: Pick<MessageLogReader, 'counted' | 'storedUntilMs'>,
  ) {}

  /** One hour. Another tenant's namespace has nothing in it. */
  async hour(caller: Caller, namespaceId: NamespaceId, startMs: number): Promise<HourReconciliation> {
    const owner: LogOwner = { tenantId: caller.tenantId, namespaceId };
    const sums = await this.evidence.sums(caller, namespaceId, startMs);
    const storedUntilMs = await this.log.storedUntilMs(owner);
    const behind = storedUntilMs !== null && storedUntilMs < startMs + hourMs;
    const found = await recount(this.log, owner, { fromMs: startMs, toMs: startMs + hourMs });
    const noLog = storedUntilMs === null && found.units.size === 0;
    const counted = noLog ? 'log_off' : behind ? 'log_behind' : 'log';
    return { hourMs: startMs, state: sums.sealed ? 'sealed' : 'not_sealed', counted, differences: differencesOf(startMs, sums, noLog ? null : found, behind) };
  }
}

function differencesOf(startMs: number, { rows }: HourSums, found: Recount | null, behind: boolean): Difference[] {
  const all = new Map(rows.map((row) => [`${row.dimension}|${row.cause}|${row.resourceId}`, row]));
  for (const field of found?.units.keys() ?? []) {
    const [dimension = '', cause = '', resourceId = ''] = field.split('|');
    if (!all.has(field)) all.set(field, { dimension, cause, resourceId, record: 0n, entries: 0n, late: 0n });
  }
  const differences: Difference[] = [];
  for (const [field, row] of [...all].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const log = found !== null && isRecounted(row.dimension) ? (found.units.get(field) ?? 0n) : null;
    const why = whyOf(row, log, behind);
    if (why !== null) differences.push({ hourMs: startMs, ...row, log, why });
  }
  return differences;
}

function whyOf({ record, entries, late }: { record: bigint; entries: bigint; late: bigint }, log: bigint | null, behind: boolean): DifferenceCause | null {
  if (record !== entries) return 'ledger_changed';
  if (log === null || log === record) return late === 0n ? null : 'late';
  if (log === record + late) return 'late';
  if (log < record + late) return behind ? 'log_behind' : 'lost_log';
  return 'lost_counter';
}
