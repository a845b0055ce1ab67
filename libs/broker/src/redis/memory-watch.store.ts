import type { Logger } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { Redis } from 'ioredis';

/** Share of maxmemory at which publishing is refused; the rest is kept for leases, settlements and dead letters. */
const watermark = 0.8;
const readEveryMs = 1_000;

/** Holds publishers back before Redis refuses by itself (DESIGN.md §4.9); consuming goes on. */
export class MemoryWatch {
  #full = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly redis: Redis,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.#timer ??= setInterval(() => void this.read(), readEveryMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Fails with `store_full` above the watermark. */
  check(): void {
    if (this.#full) throw new WaybillError('store_full', { retryAfterSeconds: 5 });
  }

  /** Reads the memory now. While Redis cannot be reached the last reading holds: commands fail by themselves then. */
  async read(): Promise<void> {
    let info: string;
    try {
      info = await this.redis.info('memory');
    } catch {
      return;
    }
    const used = numberIn(info, 'used_memory');
    const most = numberIn(info, 'maxmemory');
    const full = most > 0 && used > most * watermark;
    if (full !== this.#full) this.logger.warn(full ? 'store.memory_watermark_reached' : 'store.memory_watermark_left', { usedBytes: used, maxBytes: most });
    this.#full = full;
  }
}

function numberIn(info: string, field: string): number {
  return Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
}
