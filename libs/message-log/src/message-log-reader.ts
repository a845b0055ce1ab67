import type { Logger } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { CountedRange, CountedRow } from './counted-rows.js';
import { countedRows } from './counted-rows.js';
import type { LogCount } from './log-count.js';
import { countSegments } from './log-count.js';
import { beforeAll, entryTimeMs } from './log-entry.js';
import type { LogEvent } from './log-event.js';
import { EventSearch } from './event-search.js';
import type { EventPage, EventQuery } from './event-search.js';
import type { LiveLog } from './log-tail.js';
import { MessageTimeline } from './message-timeline.js';
import type { LogOwner, SegmentSearchStore } from './segment-search.store.js';

/** A message and what happened to it. */
export interface Timeline {
  readonly events: readonly LogEvent[];
  /** Everything up to this moment is in the answer. */
  readonly completeUntilMs: number;
}

/** The message log as one: what is in the database, and what is still on its way there. */
export class MessageLogReader {
  constructor(
    private readonly segments: SegmentSearchStore,
    private readonly live: LiveLog,
    private readonly logger: Logger,
  ) {}

  /**
   * What happened to a message, in order, whatever queues it was moved to. Fails with `message_not_found`, and with
   * `message_log_off` when nothing is known because the namespace keeps no log.
   */
  async timeline(owner: LogOwner, messageId: string): Promise<Timeline> {
    const timeline = await new MessageTimeline(this.segments, this.live, this.logger).read(owner, messageId);
    if (timeline !== undefined) return timeline;
    throw new WaybillError((await this.live.isOff(owner.namespaceId)) ? 'message_log_off' : 'message_not_found');
  }

  /**
   * Events that match, newest first. A page may be short, even empty, while there is a next one: one call reads a bounded
   * part of the log. Fails with `page_token_invalid`, and with `message_log_off` when the namespace keeps and has no log.
   */
  async search(owner: LogOwner, query: EventQuery): Promise<EventPage> {
    const page = await new EventSearch(this.segments, this.live, this.logger).read(owner, query);
    if (page.completeUntilMs === null && (await this.live.isOff(owner.namespaceId))) throw new WaybillError('message_log_off');
    return page;
  }

  /** What the stored log says happened from one moment up to and without another, for proving what was counted. */
  count(owner: LogOwner, range: { readonly fromMs: number; readonly toMs: number }): Promise<LogCount> {
    return countSegments(this.segments, owner, range);
  }

  /** The rows of the stored log that say what was counted in a range, in order, a segment's worth at a time. */
  counted(owner: LogOwner, range: CountedRange): AsyncGenerator<CountedRow[]> {
    return countedRows(this.segments, owner, range);
  }

  /** Everything before this moment is in the stored log; null when the namespace keeps no log. */
  async storedUntilMs({ namespaceId }: LogOwner): Promise<number | null> {
    const [nowMs, off] = [await this.live.nowMs(), await this.live.isOff(namespaceId)];
    const [oldest] = await this.live.read(namespaceId, beforeAll, 1);
    if (oldest !== undefined) return entryTimeMs(oldest.id) - 1;
    return off ? null : nowMs;
  }
}
