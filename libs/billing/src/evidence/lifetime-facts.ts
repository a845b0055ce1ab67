import type { Caller } from '@waybill/kernel';
import type { Lifetime, LifetimeStore, SealStore } from '@waybill/metering';
import type { FactCount, FactHour, FactPage, FactPlace, FactRows, FactSource } from './facts.js';
import { hourMs } from './facts.js';

const minuteMs = 60_000;
const dimensionOf = { queue: 'mq_queue_minutes', exchange: 'mq_exchange_minutes' } as const;
const cause = 'publish';

/** The minutes that began with one lifetime in an hour. */
interface Begun {
  readonly life: Lifetime;
  readonly firstMs: number;
  readonly minutes: bigint;
}

/**
 * D7 and D8 of billing.md §4, written a second time on purpose (libs/metering books them), as somebody would who watches a
 * clock: whenever a name is there and no minute of it runs, one begins, and is counted on who is there.
 */
export function minutesBegun(lifetimes: readonly Lifetime[], startMs: number): Begun[] {
  const endMs = startMs + hourMs;
  const runsUntilMs = new Map<string, number>();
  const begun: Begun[] = [];
  for (const life of [...lifetimes].sort((a, b) => a.bornMs - b.bornMs || (a.resourceId < b.resourceId ? -1 : 1))) {
    const bornBefore = life.bornMs < startMs;
    if (life.bornMs >= endMs || (bornBefore && life.goneMs !== null && life.goneMs <= startMs)) continue;
    const goneMs = Math.min(life.goneMs ?? endMs, endMs);
    const name = `${life.kind} ${life.name}`;
    let [runsMs, firstMs, minutes] = [runsUntilMs.get(name) ?? startMs, 0, 0n];
    // It is there at the first moment, however short it lives.
    let atMs = bornBefore ? startMs : life.bornMs;
    do {
      if (atMs >= runsMs) {
        if (minutes === 0n) firstMs = atMs;
        minutes += 1n;
        runsMs = atMs + minuteMs;
      }
      atMs = runsMs;
    } while (atMs < goneMs);
    runsUntilMs.set(name, runsMs);
    if (minutes > 0n) begun.push({ life, firstMs, minutes });
  }
  return begun;
}

/** How long queues and exchanges existed, as their definitions wrote it. */
export class LifetimeFacts implements FactSource {
  readonly dimensions = ['mq_queue_minutes', 'mq_exchange_minutes'] as const;

  constructor(
    private readonly lifetimes: Pick<LifetimeStore, 'existing' | 'namesakes'>,
    private readonly marks: Pick<SealStore, 'bookedThrough'>,
  ) {}

  async count(hour: FactHour): Promise<FactCount> {
    const booked = await this.marks.bookedThrough(hour);
    const begun = minutesBegun(await this.lifetimes.existing(hour, hour.hourMs), hour.hourMs);
    const units = new Map(begun.map(({ life: { kind, resourceId }, minutes }) => [`${dimensionOf[kind]}|${cause}|${resourceId}`, minutes]));
    return { state: booked !== null && booked.minutesThroughMs > hour.hourMs ? 'counted' : 'open', units };
  }

  keeps(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async rows({ tenantId }: Caller, { namespaceId, resourceId, dimension, hourMs: startMs }: FactPlace, { after }: FactPage): Promise<FactRows> {
    const own = minutesBegun(await this.lifetimes.namesakes({ tenantId, namespaceId }, resourceId, startMs), startMs).filter(({ life }) => life.resourceId === resourceId && dimensionOf[life.kind] === dimension);
    const items = after === undefined ? own.map(({ life: { resourceId: id, name, bornMs, goneMs }, firstMs, minutes }) => ({ kind: 'lifetime' as const, id, atMs: firstMs, units: minutes, cause, name, bornMs, goneMs })) : [];
    return { items, next: null };
  }
}
