import { charge, finalize } from './billing/collection.js';
import { roll } from './billing/subscriptions.js';
import { record } from './billing/credits.js';
import type { Seconds } from './clock.js';
import type { World } from './world.js';

interface Due {
  readonly at: Seconds;
  readonly run: () => void;
}

/** Carries out whatever has come due, in the order of its moments, each dated with its own. */
export function catchUp(world: World): void {
  const until = world.now();
  for (let next = earliest(world, until); next !== null; next = earliest(world, until)) world.clock.during(next.at, next.run);
}

function earliest(world: World, until: Seconds): Due | null {
  const due: Due[] = [
    ...world.subscriptions.where(({ status }) => status === 'active' || status === 'past_due').map((row) => ({ at: row.periodEnd, run: () => roll(world, row) })),
    ...world.invoices
      .where((row) => row.status === 'draft' && row.autoAdvance && row.finalizesAt !== null)
      .map((row) => ({ at: row.finalizesAt!, run: () => finalize(world, row, true) })),
    ...world.invoices.where((row) => row.status === 'open' && row.nextAttemptAt !== null).map((row) => ({ at: row.nextAttemptAt!, run: () => void charge(world, row) })),
    ...world.grants
      .where((row) => row.expiresAt !== null && row.remaining > 0n && row.voidedAt === null)
      .map((row) => ({
        at: row.expiresAt!,
        run: () => {
          record(world, row, 'credits_expired', row.remaining);
          row.remaining = 0n;
        },
      })),
  ].filter(({ at }) => at <= until);
  return due.reduce<Due | null>((first, one) => (first === null || one.at < first.at ? one : first), null);
}
