import type { MessageProperties } from '../message.js';
import type { Entry, EntryPage, EntrySource, EntryState, OperatedQueue } from '../operations/operated-queue.js';
import { messageIdOf } from '../position.js';

/** A queue in memory, paged by position, for specs of what works on queues. */
export class FakeQueue implements EntrySource {
  readonly entries: Entry[] = [];
  pagesRead = 0;

  add(state: EntryState, position: number, more: Partial<Omit<Entry, 'properties'>> & { properties?: Partial<MessageProperties> } = {}): Entry {
    const { properties, ...rest } = more;
    const entry: Entry = {
      state, position, id: messageIdOf(position), deliveries: 0, body: Buffer.from(`body ${position}`), ...rest,
      properties: { key: '', contentType: 'text/plain', priority: 0, headers: {}, ...properties },
    };
    this.entries.push(entry);
    this.entries.sort((a, b) => a.position - b.position);
    return entry;
  }

  take(state: EntryState, position: number): boolean {
    const index = this.entries.findIndex((entry) => entry.state === state && entry.position === position);
    if (index >= 0) this.entries.splice(index, 1);
    return index >= 0;
  }

  positions(state: EntryState): number[] {
    return this.entries.filter((entry) => entry.state === state).map(({ position }) => position);
  }

  page(_queue: OperatedQueue, state: EntryState, after: string | undefined, count: number): Promise<EntryPage> {
    this.pagesRead += 1;
    const rest = this.entries.filter((entry) => entry.state === state && (after === undefined || entry.position > Number(after)));
    const entries = rest.slice(0, count);
    return Promise.resolve({ entries, next: rest.length > count ? String(entries.at(-1)?.position) : null });
  }

  find(_queue: OperatedQueue, messageId: string): Promise<Entry | undefined> {
    return Promise.resolve(this.entries.find(({ id }) => id === messageId));
  }
}
