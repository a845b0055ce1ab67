import type { Clock, Logger } from '@waybill/kernel';

const everyMs = 500;

/**
 * The clock of a demonstration, kept by another process: its distance from ours, asked for twice a second. While it cannot
 * be reached the last distance holds. Never in production (`BILLING_CLOCK_URL` is refused there).
 */
export class BorrowedClock implements Clock {
  #offsetMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly url: string,
    private readonly logger: Logger,
  ) {}

  nowMs(): number {
    return Date.now() + this.#offsetMs;
  }

  /** Resolves with the first answer. Fails when there is none. */
  async start(): Promise<this> {
    await this.#ask();
    this.#timer = setInterval(() => void this.#ask().catch((error: Error) => this.logger.warn('clock.not_reached', { error })), everyMs);
    this.#timer.unref();
    return this;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #ask(): Promise<void> {
    const answer = await fetch(this.url, { signal: AbortSignal.timeout(2_000) });
    const { nowMs } = (await answer.json()) as { nowMs?: unknown };
    if (typeof nowMs !== 'number') throw new Error(`${this.url} tells no time`);
    this.#offsetMs = nowMs - Date.now();
  }
}
