import { quotaDimensions } from '@waybill/metering';
import type { PublishGateState } from '@waybill/metering';

/** What decides whether a tenant may publish. */
export interface Walls {
  /** Price of the running period so far, before credits. */
  readonly spentCents: bigint;
  /** Null: no cap. */
  readonly capCents: bigint | null;
  readonly namespaces: readonly {
    readonly id: string;
    readonly spentCents: bigint;
    readonly capCents: bigint | null;
    /** Units used this month, by dimension. */
    readonly used: ReadonlyMap<string, bigint>;
  }[];
  /** Units of the plan per month; null: no quota. */
  readonly quotas: ReadonlyMap<string, bigint> | null;
  /** Day of dunning in force; null: nothing is overdue. */
  readonly dunningDay: number | null;
}

export type StopReason = 'dunning' | 'spend_cap' | 'namespace_cap' | 'quota' | 'none';

/** From these days of dunning on no new queues are made, nothing is published, nothing is received or pushed (billing.md §6). */
export const dunningStops = { newQueues: 14, publishing: 30, consuming: 37 } as const;
/** Share of a cap in percent at which a notice is sent, once a period each. */
export const capSteps = [50, 80, 100] as const;

/** Whole percent of a cap that is spent, rounded down. */
export function percentOf(spentCents: bigint, capCents: bigint): number {
  const percent = (spentCents * 100n) / capCents;
  return Number(percent > 100_000n ? 100_000n : percent);
}

const exactly: ReadonlySet<string> = new Set(quotaDimensions);

/** Why a namespace may not publish now. Settling and looking always go on, consuming until an invoice is overdue for long. */
export function stopReason(walls: Walls, namespace: Walls['namespaces'][number]): StopReason {
  if (walls.dunningDay !== null && walls.dunningDay >= dunningStops.publishing) return 'dunning';
  if (walls.capCents !== null && walls.spentCents >= walls.capCents) return 'spend_cap';
  if (namespace.capCents !== null && namespace.spentCents >= namespace.capCents) return 'namespace_cap';
  for (const [dimension, quota] of walls.quotas ?? []) if (!exactly.has(dimension) && usedBy(walls, dimension) >= quota) return 'quota';
  return 'none';
}

/** The gate of each namespace. A quota is the tenant's: where several have one, `shareQuota` says how much of it each may use. */
export function gatesOf(walls: Walls): ReadonlyMap<string, PublishGateState> {
  return new Map(walls.namespaces.map((namespace) => [namespace.id, gateOf(walls, namespace)]));
}

function gateOf(walls: Walls, namespace: Walls['namespaces'][number]): PublishGateState {
  const reason = stopReason(walls, namespace);
  if (reason === 'dunning') return { kind: walls.dunningDay! >= dunningStops.consuming ? 'overdue_shut' : 'overdue' };
  if (reason === 'quota') return { kind: 'quota_used' };
  if (reason !== 'none') return { kind: 'spend_cap' };
  if (walls.quotas === null) return { kind: 'open' };
  return { kind: 'quota', limits: Object.fromEntries(quotaDimensions.flatMap((dimension) => (walls.quotas!.has(dimension) ? [[dimension, String(walls.quotas!.get(dimension))]] : []))) };
}

function usedBy({ namespaces }: Walls, dimension: string): bigint {
  return namespaces.reduce((sum, { used }) => sum + (used.get(dimension) ?? 0n), 0n);
}

/**
 * Most that can be spent above a cap: what the fastest publisher allowed can use until the next look.
 * `perSecond` null: no rate limit, so no bound.
 */
export function overshootE12(perSecond: number | null, lookSeconds: number, unitE12: bigint): bigint | null {
  return perSecond === null ? null : BigInt(Math.ceil(perSecond * lookSeconds)) * unitE12;
}
