import { keys } from '@waybill/broker';
import type { Redis } from '@waybill/broker';
import type { Logger, NamespaceId } from '@waybill/kernel';
import type { StreamMark } from './stream-mark.js';

/** A lease of a stream ended, or runs until another moment. */
export interface StreamNews {
  readonly mark: StreamMark;
  /** Without the mark. */
  readonly receipt: string;
  /** Milliseconds since the epoch; absent when the lease ended. */
  readonly untilMs?: number;
}

const prefix = 'stream:';

/**
 * Carries news of leases to the stream that gave them out, here or at another gateway, over the wake channel of the
 * namespace. A notice can be lost: a stream whose credit is used up asks the store from time to time.
 */
export class StreamNotices {
  readonly #here = new Map<StreamMark, { ns: NamespaceId; take: (news: StreamNews) => void }>();

  constructor(
    private readonly redis: Pick<Redis, 'spublish'>,
    private readonly logger: Logger,
  ) {}

  /** `take` hears the news of the stream with that mark, until the returned function is called. */
  follow(ns: NamespaceId, mark: StreamMark, take: (news: StreamNews) => void): () => void {
    this.#here.set(mark, { ns, take });
    return () => void this.#here.delete(mark);
  }

  tell(ns: NamespaceId, news: readonly StreamNews[]): void {
    const away = news.filter((one) => !this.#give(ns, one));
    if (away.length === 0) return;
    const words = away.map(({ mark, receipt, untilMs }) => `${prefix}${mark}:${receipt}${untilMs === undefined ? '' : `:${untilMs}`}`);
    this.redis.spublish(keys.wake(ns), words.join(' ')).catch((error: Error) => this.logger.warn('stream.notice_failed', { namespaceId: ns, error }));
  }

  /** Words from the wake channel; those that are not news of a stream are others' business. */
  hear(ns: NamespaceId, words: readonly string[]): void {
    for (const word of words) {
      if (!word.startsWith(prefix)) continue;
      const [mark = '', receipt = '', until] = word.slice(prefix.length).split(':');
      this.#give(ns, { mark, receipt, ...(until === undefined ? {} : { untilMs: Number(until) }) });
    }
  }

  #give(ns: NamespaceId, news: StreamNews): boolean {
    const known = this.#here.get(news.mark);
    if (known?.ns !== ns) return false;
    known.take(news);
    return true;
  }
}
