/** Where the client takes time and chance from; tests hold both. */
export interface Time {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** 0 to 1. */
  random(): number;
}

export const systemTime: Time = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const stop = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, ms);
      signal?.addEventListener('abort', stop, { once: true });
    }),
};

/**
 * How far the server's clock is ahead of ours, learnt from the Date header of answers: it has whole seconds, so
 * each answer gives an interval, and their intersection narrows quickly.
 */
export class ServerClock {
  private least = -Infinity;
  private most = Infinity;

  constructor(private readonly time: Time) {}

  /** False before the first answer with a date. */
  get known(): boolean {
    return this.least !== -Infinity;
  }

  /** `sentAt`: when the request left, by our clock. */
  observe(date: string | null, sentAt: number): void {
    const shown = date === null ? NaN : Date.parse(date);
    if (Number.isNaN(shown)) return;
    const least = shown - this.time.now();
    const most = shown + 1000 - sentAt;
    const apart = least > this.most || most < this.least;
    // Clocks that moved against each other: what was learnt before is void.
    this.least = apart ? least : Math.max(this.least, least);
    this.most = apart ? most : Math.min(this.most, most);
  }

  /** Milliseconds from now until a moment of the server's clock. */
  until(moment: string): number {
    const ahead = this.known ? (this.least + this.most) / 2 : 0;
    return Date.parse(moment) - (this.time.now() + ahead);
  }
}
