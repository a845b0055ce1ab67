import { WaybillError } from '@waybill/kernel';
import type { Clock, Logger } from '@waybill/kernel';
import type { RefusedCallStore, RefusedSum, RefusedWhy } from './refused-call.store.js';

/** Calls of one address at one source that may be refused within a minute, before no call of it is looked at until the minute is over. */
export const refusedPerMinute = 30;
const windowMs = 60_000;
/** Addresses kept in mind; a flood from more of them pushes the oldest out, and each still costs a minute of its own. */
const addressLimit = 10_000;
/** What was refused is written this long after it at the latest: a flood costs a command a second for each source. */
const writeAfterMs = 1_000;

interface Window {
  refused: number;
  readonly endsAtMs: number;
}

/**
 * What a gateway refuses at its sources: counted for each source, and limited for each source and address, so that who guesses
 * signatures costs a look into a map and not a body and its HMACs. Only refusals count: who signs rightly is never limited here.
 */
export class RefusedCalls {
  /** By source and address, oldest first. */
  readonly #windows = new Map<string, Window>();
  readonly #unwritten = new Map<string, RefusedSum>();
  #writing: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: Pick<RefusedCallStore, 'add'>,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Before anything of a call is read. Fails with `rate_limited`. */
  admit(sourceId: string, address: string): void {
    const nowMs = this.clock.nowMs();
    const window = this.#windows.get(nameOf(sourceId, address));
    if (window === undefined || window.endsAtMs <= nowMs || window.refused < refusedPerMinute) return;
    this.#count(sourceId, 'too_many', nowMs);
    throw new WaybillError('rate_limited', { retryAfterSeconds: Math.max(1, Math.ceil((window.endsAtMs - nowMs) / 1_000)), limit: refusedPerMinute / 60 });
  }

  /** One call was refused, at a source that exists. */
  note(sourceId: string, address: string, why: RefusedWhy): void {
    const nowMs = this.clock.nowMs();
    const name = nameOf(sourceId, address);
    const window = this.#windows.get(name);
    if (window !== undefined && window.endsAtMs > nowMs) window.refused += 1;
    else {
      this.#windows.delete(name);
      this.#windows.set(name, { refused: 1, endsAtMs: nowMs + windowMs });
      const [oldest] = this.#windows.keys();
      if (this.#windows.size > addressLimit && oldest !== undefined) this.#windows.delete(oldest);
    }
    this.#count(sourceId, why, nowMs);
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    clearTimeout(this.#writing);
    await this.#write();
  }

  #count(sourceId: string, lastReason: RefusedWhy, lastAtMs: number): void {
    this.#unwritten.set(sourceId, { calls: (this.#unwritten.get(sourceId)?.calls ?? 0) + 1, lastAtMs, lastReason });
    this.#writing ??= setTimeout(() => {
      this.#writing = undefined;
      void this.#write();
    }, writeAfterMs).unref();
  }

  /** What the store does not take is lost: it is a figure for people, and a store that is away has louder witnesses. */
  async #write(): Promise<void> {
    const sums = [...this.#unwritten];
    this.#unwritten.clear();
    for (const settled of await Promise.allSettled(sums.map(([sourceId, sum]) => this.store.add(sourceId, sum)))) {
      if (settled.status === 'rejected') this.logger.warn('source.refusals_not_counted', { error: settled.reason });
    }
  }
}

/** A customer of a provider holds a whole /64 of IPv6: its addresses are one. */
function nameOf(sourceId: string, address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return `${sourceId} ${address}`;
  const [head = ''] = address.split('::');
  return `${sourceId} ${head.split(':').slice(0, 4).join(':')}`;
}
