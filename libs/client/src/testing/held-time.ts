import type { Time } from '../time.js';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** Time that moves only when a test says so, or by each sleep when `flowing`. */
export class HeldTime implements Time {
  readonly slept: number[] = [];
  private sleepers: Sleeper[] = [];

  constructor(private at = 1_800_000_000_000, private readonly flowing = false, private readonly chance = 1) {}

  now(): number {
    return this.at;
  }

  random(): number {
    return this.chance;
  }

  /** How many wait for a later moment. */
  get waiting(): number {
    return this.sleepers.length;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.slept.push(ms);
    if (this.flowing) {
      this.at += ms;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const sleeper = { at: this.at + ms, wake: resolve };
      this.sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.sleepers = this.sleepers.filter((one) => one !== sleeper);
        reject(signal.reason);
      });
    });
  }

  advance(ms: number): void {
    this.at += ms;
    const due = this.sleepers.filter(({ at }) => at <= this.at);
    this.sleepers = this.sleepers.filter(({ at }) => at > this.at);
    for (const { wake } of due) wake();
  }
}
