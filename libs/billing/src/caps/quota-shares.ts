import type { NamespaceId } from '@waybill/kernel';
import { quotaDimensions } from '@waybill/metering';
import type { QuotaDimension, QuotaState } from '@waybill/metering';

export type Units = Readonly<Partial<Record<QuotaDimension, bigint>>>;

/** Where limits are in force; `PublishGate` of libs/metering. */
export interface QuotaGates {
  /** As the script that accepts publishes has it; null limits: no quota is in force there. */
  quota(namespaceId: NamespaceId): Promise<QuotaState>;
  /** `in_force`: no later publish sees the limits before. `noted`: they come into force at some later time. */
  set(namespaceId: NamespaceId, gate: { readonly kind: 'quota'; readonly limits: Readonly<Partial<Record<QuotaDimension, string>>> }): Promise<'in_force' | 'noted'>;
}

export interface Sharer {
  readonly id: NamespaceId;
  /** Limits that are noted and may not be in force; null: none. */
  readonly noted: Units | null;
  /** What the ledger has of this month: at most what is used. */
  readonly ledger: Units;
  /** It may not publish for another reason: what it used counts, and it gets nothing. */
  readonly closed: boolean;
  /** It was refused lately: it needs more than it has, and those that were not can do with less. */
  readonly asking: boolean;
}

interface Standing {
  readonly sharer: Sharer;
  used: Units;
  /** No more than this can be used, whatever is published meanwhile; undefined: no bound is in force. */
  bound: Units | undefined;
}

/** Under so many units a namespace what is left goes to those that have none. */
const tailUnits = 4n;

/**
 * Divides the quota of a tenant among its namespaces, so that what all of them may use together never passes it, whatever
 * is published while it works: limits are lowered first; what that freed is seen by reading what was used after the lower
 * limit was in force; only that is given to others. A step that fails leaves something unused until the next look, never
 * something used twice. Nobody else may share the quota of the same tenant meanwhile. `turn` goes up with each look: who is
 * first when there is less left than namespaces. Who asks is given all that is left but `tailUnits` for each of the others, so that a batch
 * fits that is larger than an equal part. Returns how many limits changed.
 */
export async function shareQuota(gates: QuotaGates, quota: Units, sharers: readonly Sharer[], turn: number): Promise<number> {
  const standings: Standing[] = [];
  for (const sharer of sharers) standings.push(standingOf(sharer, await gates.quota(sharer.id)));
  const open = standings.filter(({ sharer }) => !sharer.closed);
  if (open.every((each) => each.bound !== undefined) && quotaDimensions.every((dimension) => isFair(quota[dimension], dimension, standings, open))) return 0;
  const targets = targetsOf(quota, standings, open, turn);
  let changed = 0;
  for (const standing of open) {
    const target = targets.get(standing)!;
    // Without a bound its share is given like any other's: after the others were lowered.
    const lower = eachOf(quota, (dimension) => smaller(target[dimension]!, standing.bound === undefined ? (standing.used[dimension] ?? 0n) : standing.bound[dimension]));
    if (standing.bound !== undefined && quotaDimensions.every((dimension) => lower[dimension] === standing.bound?.[dimension])) continue;
    changed += 1;
    if ((await gates.set(standing.sharer.id, gateOf(lower))) !== 'in_force') return changed;
    const after = await gates.quota(standing.sharer.id);
    if (after.limits === null) return changed;
    standing.used = usedOf(standing.sharer, after);
    standing.bound = eachOf(quota, (dimension) => larger(lower[dimension]!, standing.used[dimension] ?? 0n));
  }
  for (const standing of open) {
    const target = targets.get(standing)!;
    const raised = eachOf(quota, (dimension) => {
      const room = quota[dimension]! - sum(standings.map((each) => each.bound?.[dimension] ?? each.used[dimension] ?? 0n));
      const bound = standing.bound![dimension]!;
      return bound + larger(0n, smaller(target[dimension]! - bound, room));
    });
    if (quotaDimensions.every((dimension) => raised[dimension] === standing.bound![dimension])) continue;
    changed += 1;
    // Even when it is not in force yet: it may be at any time.
    standing.bound = raised;
    await gates.set(standing.sharer.id, gateOf(raised));
  }
  return changed;
}

function standingOf(sharer: Sharer, state: QuotaState): Standing {
  const used = usedOf(sharer, state);
  if (sharer.closed) return { sharer, used, bound: used };
  if (state.limits === null) return { sharer, used, bound: undefined };
  const { limits } = state;
  return { sharer, used, bound: eachOf(limits, (dimension) => larger(larger(limits[dimension]!, sharer.noted?.[dimension] ?? 0n), used[dimension] ?? 0n)) };
}

const usedOf = ({ ledger }: Sharer, { used }: QuotaState): Units => eachOf(Object.fromEntries(quotaDimensions.map((dimension) => [dimension, 0n])), (dimension) => larger(used[dimension] ?? 0n, ledger[dimension] ?? 0n));

/** Whether nobody needs more: each has half of an equal part of what is left, or what is left is too little to be divided and nobody is without. */
function isFair(quota: bigint | undefined, dimension: QuotaDimension, standings: readonly Standing[], open: readonly Standing[]): boolean {
  if (quota === undefined) return open.every(({ bound }) => bound?.[dimension] === undefined);
  if (open.some(({ bound }) => bound?.[dimension] === undefined)) return false;
  const left = leftOf(quota, dimension, standings);
  const askers = askersOf(left, open);
  if (askers.length > 0) return askers.every(({ bound, used }) => bound![dimension]! - (used[dimension] ?? 0n) >= partOfAsker(left, open, askers));
  const heads = open.map(({ bound, used }) => bound![dimension]! - (used[dimension] ?? 0n));
  if (sum(standings.map(({ bound }) => bound![dimension] ?? 0n)) > quota && heads.some((head) => head > 0n)) return false;
  return heads.every((head) => (left < tailUnits * BigInt(open.length) ? head > 0n || left === 0n : head * 2n * BigInt(open.length) >= left));
}

function targetsOf(quota: Units, standings: readonly Standing[], open: readonly Standing[], turn: number): Map<Standing, Units> {
  const inTurn = open.map((_, i) => open[(i + turn) % open.length]!);
  const parts = new Map(open.map((standing) => [standing, {} as Partial<Record<QuotaDimension, bigint>>]));
  for (const dimension of quotaDimensions) {
    if (quota[dimension] === undefined) continue;
    const left = leftOf(quota[dimension], dimension, standings);
    const without = inTurn.filter(({ bound, used }) => bound === undefined || (bound[dimension] ?? 0n) <= (used[dimension] ?? 0n));
    const askers = askersOf(left, inTurn);
    const takers = askers.length > 0 ? askers : left < tailUnits * BigInt(open.length) && without.length > 0 ? without : inTurn;
    const rest = askers.length > 0 ? tailUnits : 0n;
    const [whole, count] = [left - rest * BigInt(open.length - takers.length), BigInt(takers.length)];
    for (const standing of open) {
      const at = takers.indexOf(standing);
      const part = at < 0 ? rest : whole / count + (BigInt(at) < whole % count ? 1n : 0n);
      parts.get(standing)![dimension] = (standing.used[dimension] ?? 0n) + part;
    }
  }
  return parts;
}

/** Who goes before the others; nobody where all ask, or where too little is left to keep something for the others. */
function askersOf(left: bigint, open: readonly Standing[]): Standing[] {
  const askers = open.filter(({ sharer }) => sharer.asking);
  return askers.length === open.length || left < tailUnits * BigInt(open.length) ? [] : askers;
}

const partOfAsker = (left: bigint, open: readonly Standing[], askers: readonly Standing[]): bigint => (left - tailUnits * BigInt(open.length - askers.length)) / BigInt(askers.length);
const leftOf = (quota: bigint, dimension: QuotaDimension, standings: readonly Standing[]): bigint => larger(0n, quota - sum(standings.map(({ used }) => used[dimension] ?? 0n)));
const gateOf = (limits: Units) => ({ kind: 'quota' as const, limits: Object.fromEntries(Object.entries(limits).map(([dimension, units]) => [dimension, String(units)])) });

/** The same dimensions, in their order. */
function eachOf(units: Units, value: (dimension: QuotaDimension) => bigint): Units {
  return Object.fromEntries(quotaDimensions.filter((dimension) => units[dimension] !== undefined).map((dimension) => [dimension, value(dimension)]));
}

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const smaller = (a: bigint, b: bigint | undefined): bigint => (b === undefined || a < b ? a : b);
