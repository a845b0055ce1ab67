import { crc32 } from 'node:zlib';
import { WaybillError } from '@waybill/kernel';
import type { EntryTest } from './message-filter.js';
import type { Entry, EntrySource, EntryState, OperatedQueue } from './operated-queue.js';
import { bytesOf } from './operated-queue.js';

/** Messages and bytes that one call looks at before it answers with what it has. */
export interface ScanBudget {
  readonly messages: number;
  readonly bytes: number;
}
export const browseBudget: ScanBudget = { messages: 2_000, bytes: 4 * 1024 * 1024 };
export const previewBudget: ScanBudget = { messages: 20_000, bytes: 32 * 1024 * 1024 };

/** Messages read from the store at once. */
const readAtOnce = 200;
const sampleSize = 10;

export interface BrowsedPage<E extends Entry> {
  readonly items: E[];
  readonly scanned: number;
  readonly next: string | null;
}

export interface MessagePreview<E extends Entry> {
  readonly matched: number;
  readonly scanned: number;
  /** Whether the queue was looked through to its end. */
  readonly complete: boolean;
  readonly sample: E[];
}

/** Reads queues without touching a message. */
export class MessageBrowser<E extends Entry> {
  constructor(
    private readonly source: EntrySource<E>,
    private readonly budget: { readonly browse: ScanBudget; readonly preview: ScanBudget } = { browse: browseBudget, preview: previewBudget },
  ) {}

  /**
   * Up to `limit` messages that pass the test, oldest first. Ends early, with a token to go on, when the budget of one
   * call is spent. Fails with `page_token_invalid` when `after` is no token of this queue and state.
   */
  async page(queue: OperatedQueue, state: EntryState, test: EntryTest, { after, limit }: { after: string | undefined; limit: number }): Promise<BrowsedPage<E>> {
    const items: E[] = [];
    const from = after === undefined ? undefined : readToken(queue, state, after);
    const { scanned, next } = await this.#scan(queue, state, this.budget.browse, from, (entry) => {
      if (test(entry)) items.push(entry);
      return limit - items.length;
    }, limit);
    return { items, scanned, next: next === null ? null : tokenOf(queue, state, next) };
  }

  /** Counts the messages that pass the test and shows the first ten. */
  async preview(queue: OperatedQueue, state: EntryState, test: EntryTest): Promise<MessagePreview<E>> {
    let matched = 0;
    const sample: E[] = [];
    const { scanned, next } = await this.#scan(queue, state, this.budget.preview, undefined, (entry) => {
      if (test(entry)) {
        matched += 1;
        if (sample.length < sampleSize) sample.push(entry);
      }
      return readAtOnce;
    }, readAtOnce);
    return { matched, scanned, complete: next === null, sample };
  }

  /** One message in one state. Fails with `message_not_found`, also when it lies deeper than a preview looks. */
  async findIn(queue: OperatedQueue, state: EntryState, messageId: string): Promise<E> {
    let found: E | undefined;
    await this.#scan(queue, state, this.budget.preview, undefined, (entry) => {
      if (entry.id === messageId) found ??= entry;
      return found ? 0 : readAtOnce;
    }, readAtOnce);
    if (!found) throw new WaybillError('message_not_found');
    return found;
  }

  /** One message whatever its state. Fails with `message_not_found`. */
  async peek(queue: OperatedQueue, messageId: string): Promise<E> {
    const entry = await this.source.find(queue, messageId);
    if (!entry) throw new WaybillError('message_not_found');
    return entry;
  }

  /** Looks at entries until `look` wants no more, the budget is spent or the state is at its end. A page never holds more than is wanted, so its end is a place to go on from. */
  async #scan(queue: OperatedQueue, state: EntryState, budget: ScanBudget, from: string | undefined, look: (entry: E) => number, first: number): Promise<{ scanned: number; next: string | null }> {
    let [scanned, bytes, wanted] = [0, 0, first];
    for (let after = from; ; ) {
      const count = Math.min(wanted, readAtOnce, budget.messages - scanned);
      const { entries, next } = await this.source.page(queue, state, after, count);
      for (const entry of entries) {
        scanned += 1;
        bytes += bytesOf(entry);
        wanted = look(entry);
      }
      if (next === null || wanted <= 0 || scanned >= budget.messages || bytes >= budget.bytes) return { scanned, next };
      after = next;
    }
  }
}

const tokenShape = /^([A-Za-z0-9_-]{1,1500})\.([0-9a-f]{8})$/;

function checkOf(queue: OperatedQueue, state: EntryState, cursor: string): string {
  return crc32(`${queue.id} ${state} ${cursor}`).toString(16).padStart(8, '0');
}

/** A token is no secret: the sum tells one that was cut, mixed up or made for another list from a good one. */
function tokenOf(queue: OperatedQueue, state: EntryState, cursor: string): string {
  return `${Buffer.from(cursor).toString('base64url')}.${checkOf(queue, state, cursor)}`;
}

function readToken(queue: OperatedQueue, state: EntryState, token: string): string {
  const [, encoded, check] = tokenShape.exec(token) ?? [];
  const cursor = encoded === undefined ? '' : Buffer.from(encoded, 'base64url').toString('utf8');
  if (encoded === undefined || check !== checkOf(queue, state, cursor)) throw new WaybillError('page_token_invalid');
  return cursor;
}
