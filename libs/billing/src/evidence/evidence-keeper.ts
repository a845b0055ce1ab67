import type { Logger } from '@waybill/kernel';
import type { MessageLogReader } from '@waybill/message-log';
import type { EvidenceStore, UnprovedHour } from './evidence.store.js';
import { recount } from './recount.js';

const hourMs = 3_600_000;
/** Hours looked at in one call; the next call goes on. */
const hoursPerCall = 500;
/** A log that is so far behind an hour is not waited for any longer. */
const patienceMs = 24 * hourMs;

/** Keeps the digest of each sealed hour's messages, for when the log itself is gone. */
export class EvidenceKeeper {
  constructor(
    private readonly evidence: EvidenceStore,
    private readonly log: Pick<MessageLogReader, 'counted' | 'storedUntilMs'>,
    private readonly nowMs: () => number,
    private readonly logger: Logger,
  ) {}

  /** Keeps what can be kept now; an hour whose log is still on its way waits. Fails only when nothing can be read at all. */
  async keep(): Promise<{ readonly kept: number; readonly waiting: number; readonly failed: number }> {
    let [kept, waiting, failed] = [0, 0, 0];
    for (const hour of await this.evidence.unproved(hoursPerCall)) {
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
    const endMs = hour.hourMs + hourMs;
    const storedUntilMs = await this.log.storedUntilMs(hour);
    if (storedUntilMs !== null && storedUntilMs < endMs && this.nowMs() - endMs < patienceMs) return false;
    const { digest, units } = await recount(this.log, hour, { fromMs: hour.hourMs, toMs: endMs });
    const whole = BigInt(digest.messages) === hour.messages;
    const records = { kept: 'records' as const, messages: hour.messages, bytes: 0n, sha256: hour.recordsSha256 };
    const proof = { kept: whole ? ('messages' as const) : ('partial' as const), messages: BigInt(digest.messages), bytes: digest.bytes, sha256: digest.sha256 };
    const noLog = units.size === 0 && (storedUntilMs === null || hour.messages > 0n);
    await this.evidence.keep(hour, digest.messages === 0 && hour.messages > 0n ? records : proof, noLog ? null : byDimension(units));
    if (!whole && digest.messages > 0) this.logger.error('usage.evidence_differs', { namespaceId: hour.namespaceId, hourMs: hour.hourMs, counted: String(hour.messages), logged: digest.messages });
    return true;
  }
}

/** Sums over causes and resources. */
function byDimension(units: ReadonlyMap<string, bigint>): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const [field, amount] of units) {
    const [dimension = ''] = field.split('|');
    sums.set(dimension, (sums.get(dimension) ?? 0n) + amount);
  }
  return sums;
}
