import type { Logger } from '@waybill/kernel';
import type { EvidenceStore, UnprovedHour } from './evidence.store.js';
import type { Facts, Recount } from './facts.js';
import { hourMs } from './facts.js';
import { isIndependent, loggedDimensions } from './recount.js';

/** Hours looked at in one call; the next call goes on after them, also when none of them could be proved, and begins again at the end. */
const hoursPerCall = 500;
/** What an hour is counted from that is so far behind is not waited for any longer. */
const patienceMs = 24 * hourMs;

/** Counts each sealed hour a second time, and keeps what it found and the digest of the hour's messages for when the log itself is gone. */
export class EvidenceKeeper {
  #last: UnprovedHour | null = null;

  constructor(
    private readonly evidence: EvidenceStore,
    private readonly facts: Pick<Facts, 'count'>,
    private readonly nowMs: () => number,
    private readonly logger: Logger,
    private readonly perCall = hoursPerCall,
  ) {}

  /** Keeps what can be kept now; an hour whose log is still on its way waits. Fails only when nothing can be read at all. */
  async keep(): Promise<{ readonly kept: number; readonly waiting: number; readonly failed: number }> {
    let [kept, waiting, failed] = [0, 0, 0];
    const hours = await this.evidence.unproved(this.perCall, this.#last);
    this.#last = (hours.length === this.perCall ? hours.at(-1) : null) ?? null;
    for (const hour of hours) {
      try {
        if (await this.#keepOne(hour)) kept += 1;
        else waiting += 1;
      } catch (error) {
        failed += 1;
        this.logger.error('usage.evidence_failed', { namespaceId: hour.namespaceId, hourMs: hour.hourMs, error: error instanceof Error ? error : new Error(String(error)) });
      }
    }
    return { kept, waiting, failed };
  }

  async #keepOne(hour: UnprovedHour): Promise<boolean> {
    const found = await this.facts.count(hour);
    const late = [...found.states.values()].some((state) => state === 'behind' || state === 'open');
    if (late && this.nowMs() - (hour.hourMs + hourMs) < patienceMs) return false;
    const { digest } = found;
    const whole = BigInt(digest.messages) === hour.messages;
    const units = byDimension(found, hour.hasLogged);
    const records = { kept: 'records' as const, messages: hour.messages, bytes: 0n, sha256: hour.recordsSha256 };
    const proof = { kept: whole ? ('messages' as const) : ('partial' as const), messages: BigInt(digest.messages), bytes: digest.bytes, sha256: digest.sha256 };
    await this.evidence.keep(hour, { ...(digest.messages === 0 && hour.messages > 0n ? records : proof), units }, independentOf(found, units));
    if (!whole && digest.messages > 0) this.logger.error('usage.evidence_differs', { namespaceId: hour.namespaceId, hourMs: hour.hourMs, counted: String(hour.messages), logged: digest.messages });
    return true;
  }
}

function independentOf({ units: counts }: Recount, units: ReadonlyMap<string, bigint>): ReadonlyMap<string, bigint> {
  const isKept = (dimension: string) => isIndependent(dimension) && units.has(dimension);
  return new Map([...counts].filter(([field]) => isKept(field.slice(0, field.indexOf('|')))));
}

/** Sums over causes and resources, 0 included: what is missing could not be counted. A log with nothing of what the ledger has was off. */
function byDimension({ units, states }: Recount, hasLogged: boolean): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const [dimension, state] of states) if (state !== 'log_off' && state !== 'not_kept') sums.set(dimension, 0n);
  let logged = 0n;
  for (const [field, amount] of units) {
    const [dimension = ''] = field.split('|');
    if (loggedDimensions.some((name) => name === dimension)) logged += amount;
    const sum = sums.get(dimension);
    if (sum !== undefined) sums.set(dimension, sum + amount);
  }
  if (hasLogged && logged === 0n) for (const dimension of loggedDimensions) sums.delete(dimension);
  return sums;
}
