import type { getMessageTimeline, LoggedEvent, MessageEvent, Reply, searchMessageLog } from '@waybill/contracts';
import { everyItem } from './pages.js';
import { segment } from './transport.js';
import type { Transport } from './transport.js';

export interface LogQuery {
  readonly queue?: string;
  /** Routing key; a trailing `*` matches any end. */
  readonly key?: string;
  readonly event?: MessageEvent;
  /** RFC 3339, UTC. */
  readonly from?: string;
  readonly to?: string;
  readonly limit?: number;
  readonly after?: string;
}

/** What happened to messages. */
export class MessageLog {
  constructor(private readonly transport: Transport) {}

  /** One message, in order. */
  timeline(id: string): Promise<Reply<typeof getMessageTimeline>> {
    return this.transport.get(`/v1/messages/${segment(id)}`);
  }

  searchPage(query: LogQuery = {}): Promise<Reply<typeof searchMessageLog>> {
    return this.transport.get('/v1/messages', { ...query });
  }

  /** Newest first, page by page as they are used up. */
  search(query: Omit<LogQuery, 'after'> = {}): AsyncGenerator<LoggedEvent, void, undefined> {
    return everyItem((after) => this.searchPage({ ...query, ...(after === undefined ? {} : { after }) }));
  }
}
