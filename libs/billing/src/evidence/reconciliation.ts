import type { Caller, NamespaceId } from '@waybill/kernel';
import type { Evidence, EvidenceStore, HourSums } from './evidence.store.js';
import type { Facts, Recount, RecountState } from './facts.js';
import { isLogged } from './recount.js';

/**
 * Why sums of an hour differ. `late`: booked after it was sealed, as adjustments. `lost_counter`: what is kept (message log,
 * attempts, lifetimes, sample) has what was never counted. `lost_log`: the ledger has what they do not. `log_behind`: they are
 * not stored so far. `ledger_changed`: a record is not the sum of its entries.
 */
export type DifferenceCause = 'late' | 'lost_counter' | 'lost_log' | 'log_behind' | 'ledger_changed';

/** A: counted again from what is kept. B: record. C: sum of entries. */
export interface Difference {
  readonly hourMs: number;
  readonly dimension: string;
  readonly cause: string;
  readonly resourceId: string;
  /** Null where it cannot be counted again. */
  readonly log: bigint | null;
  readonly record: bigint;
  readonly entries: bigint;
  /** Of adjustments of this hour that came late. */
  readonly late: bigint;
  readonly why: DifferenceCause;
}

export interface DimensionRecount {
  readonly dimension: string;
  readonly state: RecountState;
  /** First hour that is counted whole and can be counted again; null: always. */
  readonly sinceMs: number | null;
}

export interface HourReconciliation {
  readonly hourMs: number;
  readonly state: 'sealed' | 'not_sealed';
  /** Whether the message log was counted. */
  readonly counted: 'log' | 'log_behind' | 'log_off';
  /** Of each dimension that is billed: where it is not counted, B and C alone are compared. */
  readonly recounts: readonly DimensionRecount[];
  readonly differences: readonly Difference[];
}

/** The reconciliation report (billing.md §7) as far as metering goes: A = B = C by tenant, namespace, dimension, hour. */
export class Reconciliation {
  constructor(
    private readonly evidence: EvidenceStore,
    private readonly facts: Facts,
  ) {}

  /** One hour. Another tenant's namespace has nothing in it. */
  async hour(caller: Caller, namespaceId: NamespaceId, startMs: number): Promise<HourReconciliation> {
    const sums = await this.evidence.sums(caller, namespaceId, startMs);
    const found = await this.facts.count({ tenantId: caller.tenantId, namespaceId, hourMs: startMs });
    const states = withWhatIsGone(found, sums, await this.evidence.read(caller, namespaceId, startMs));
    const since = await this.facts.since();
    const log = states.get('mq_messages');
    return {
      hourMs: startMs, state: sums.sealed ? 'sealed' : 'not_sealed', counted: log === 'log_off' ? 'log_off' : log === 'behind' ? 'log_behind' : 'log',
      recounts: [...states].map(([dimension, state]) => ({ dimension, state, sinceMs: since.get(dimension) || null })),
      differences: differencesOf(startMs, sums, found, states),
    };
  }
}

/** What nothing is left of was counted again when its hour was sealed, or never could be. */
function withWhatIsGone({ units, states }: Recount, { rows }: HourSums, evidence: Evidence | null): ReadonlyMap<string, RecountState> {
  if (evidence === null) return states;
  const left = new Set([...units.keys()].map((field) => sourceOf(field.slice(0, field.indexOf('|')))));
  const counted = new Set(rows.filter(({ record }) => record > 0n).map(({ dimension }) => sourceOf(dimension)));
  return new Map([...states].map(([dimension, state]) => {
    const gone = state === 'counted' && !left.has(sourceOf(dimension)) && counted.has(sourceOf(dimension));
    if (!gone) return [dimension, state];
    if (evidence.units.get(dimension) !== undefined) return [dimension, evidence.units.get(dimension) === 0n ? state : 'expired'];
    return [dimension, isLogged(dimension) ? 'log_off' : 'not_kept'];
  }));
}

/** Dimensions that are counted from the log stand or fall together. */
const sourceOf = (dimension: string): string => (isLogged(dimension) ? 'log' : dimension);

function differencesOf(startMs: number, { rows }: HourSums, { units }: Recount, states: ReadonlyMap<string, RecountState>): Difference[] {
  const comparable = (dimension: string) => ['counted', 'behind'].includes(states.get(dimension) ?? '');
  const all = new Map(rows.map((row) => [`${row.dimension}|${row.cause}|${row.resourceId}`, row]));
  for (const field of units.keys()) {
    const [dimension = '', cause = '', resourceId = ''] = field.split('|');
    if (!all.has(field) && comparable(dimension)) all.set(field, { dimension, cause, resourceId, record: 0n, entries: 0n, late: 0n });
  }
  const differences: Difference[] = [];
  for (const [field, row] of [...all].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const log = comparable(row.dimension) ? (units.get(field) ?? 0n) : null;
    const why = whyOf(row, log, states.get(row.dimension) === 'behind');
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
