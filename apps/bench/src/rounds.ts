import type { Row } from './report.js';
import { median } from './statistics.js';

export interface Measured {
  readonly perSecond: number;
  /** How many there were in all, where that is asked for. */
  readonly messages?: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  readonly more?: Readonly<Record<string, number>>;
}

/** One of the things that are compared. */
export interface Side {
  readonly name: string;
  /** One measurement of so many seconds. */
  measure(seconds: number): Promise<Measured>;
  /** After each measurement: leaves nothing for the next one to trip over. */
  clear?(): Promise<void>;
}

export interface Plan {
  readonly rounds: number;
  /** Of one measurement. */
  readonly seconds: number;
}

/** Of a warm-up, which is not counted: until the just-in-time compilers of a side have settled. */
export const warmUpSeconds = ({ seconds }: Plan): number => Math.min(6, seconds * 1.5);

/**
 * Warms all sides up, then measures them in turn, several rounds. The order changes each round, so that a drift of the
 * machine hits all of them. Answers what each side measured, by round.
 */
export async function alternate(sides: readonly Side[], plan: Plan): Promise<Measured[][]> {
  for (const side of sides) {
    await side.measure(warmUpSeconds(plan));
    await side.clear?.();
  }
  const measured: Measured[][] = sides.map(() => []);
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      measured[sides.indexOf(side)]?.push(await side.measure(plan.seconds));
      await side.clear?.();
    }
    const seen = sides.map(({ name }, i) => `${name} ${shown(measured[i]?.at(-1))}`).join(', ');
    console.error(`  round ${round + 1} of ${plan.rounds}: ${seen}`);
  }
  return measured;
}

function shown(measured: Measured | undefined): string {
  if (measured === undefined) return '-';
  const { perSecond, p50Ms, p99Ms } = measured;
  const latency = p50Ms === undefined || p99Ms === undefined ? '' : ` (p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms)`;
  return `${perSecond.toFixed(0)}/s${latency}`;
}

/** The middle of the ratios of each round: both sides of a ratio ran one after the other. */
export function ratio(over: readonly Measured[], under: readonly Measured[], pick: (one: Measured) => number = (one) => one.perSecond): number {
  return median(over.map((one, round) => pick(one) / pick(under[round] as Measured)));
}

/** The row of a side: the middle of each value. */
export function rowOf(group: string, name: string, rounds: readonly Measured[], unit = 'msg/s'): Row {
  const middle = (pick: (one: Measured) => number | undefined) => {
    const values = rounds.map(pick).filter((value) => value !== undefined);
    return values.length === rounds.length && values.length > 0 ? median(values) : undefined;
  };
  const p50Ms = middle((one) => one.p50Ms);
  const p99Ms = middle((one) => one.p99Ms);
  const seen = Object.keys(rounds[0]?.more ?? {});
  return {
    group, name, unit, value: middle((one) => one.perSecond) ?? Number.NaN,
    ...(p50Ms === undefined ? {} : { p50Ms }), ...(p99Ms === undefined ? {} : { p99Ms }),
    ...(seen.length === 0 ? {} : { more: Object.fromEntries(seen.map((what) => [what, middle((one) => one.more?.[what]) ?? Number.NaN])) }),
  };
}
