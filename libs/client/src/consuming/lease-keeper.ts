import type { Message } from '../message.js';
import type { ServerClock, Time } from '../time.js';

/** A lease is never extended by less, so that a slow network cannot eat it up. */
const leastLeaseSeconds = 5;
/** By which a lease of unknown length is extended, at once: the server's clock is not known then. */
const usualLeaseSeconds = 30;
const leastPauseMs = 250;

/** Extends the lease of every message it keeps at half time, until the message is settled, lost or abandoned. */
export class LeaseKeeper {
  constructor(
    private readonly clock: ServerClock,
    private readonly time: Time,
    private readonly leaseSeconds: number | undefined,
    private readonly onFailure: (error: unknown, message: Message) => void,
  ) {}

  /** Returns when the message is settled, lost or abandoned. */
  async keep(message: Message): Promise<void> {
    const ended = new AbortController();
    message.onEnd(() => ended.abort());
    const leaseSeconds = this.leaseSeconds ?? (this.clock.known ? Math.max(leastLeaseSeconds, Math.round(this.clock.until(message.leaseUntil) / 1000)) : usualLeaseSeconds);
    let known = this.leaseSeconds !== undefined;
    for (;;) {
      const byClock = this.clock.known ? this.clock.until(message.leaseUntil) : known ? leaseSeconds * 1000 : 0;
      const left = known ? Math.min(byClock, leaseSeconds * 1000) : byClock;
      await this.time.sleep(Math.max(leastPauseMs, left / 2), ended.signal).catch(() => undefined);
      if (ended.signal.aborted) return;
      try {
        await message.extend(leaseSeconds);
        known = true;
      } catch (error) {
        // The next round tries again; a lost lease ends the message and with it the loop.
        this.onFailure(error, message);
      }
    }
  }
}
