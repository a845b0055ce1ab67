import type { LoggedEvent } from '@waybill/client';

/** Events may be logged a little after others that came later. */
const overlapMs = 10_000;

type Page = { readonly items: readonly LoggedEvent[]; readonly next: string | null };
/** Newest first, from a moment on. */
export type SearchPage = (from: string, after: string | undefined) => Promise<Page>;

/** Follows the message log: each look answers what is new, oldest first, each event once. */
export class LogFollower {
  private readonly seen = new Map<string, number>();
  private newestMs: number;

  /** `from`: RFC 3339. */
  constructor(private readonly search: SearchPage, private readonly from: string) {
    this.newestMs = Date.parse(from);
  }

  async look(): Promise<LoggedEvent[]> {
    const fromMs = Math.max(Date.parse(this.from), this.newestMs - overlapMs);
    const found: LoggedEvent[] = [];
    let after: string | undefined;
    do {
      const { items, next } = await this.search(new Date(fromMs).toISOString(), after);
      found.push(...items.filter((event) => this.isNew(event)));
      after = next ?? undefined;
    } while (after !== undefined);
    for (const [name, atMs] of this.seen) if (atMs < this.newestMs - 2 * overlapMs) this.seen.delete(name);
    return found.reverse();
  }

  private isNew(event: LoggedEvent): boolean {
    const name = [event.at, event.event, event.messageId, event.queueId, event.deliveries].join('|');
    const atMs = Date.parse(event.at);
    this.newestMs = Math.max(this.newestMs, atMs);
    const isNew = !this.seen.has(name);
    this.seen.set(name, atMs);
    return isNew;
  }
}
