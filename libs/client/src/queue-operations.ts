import type { Body, browseMessages, BrowsedMessage, listGroups, MessageInput, move, PublishReceipt, purge, QueueFigures, redrive, Reply, Task } from '@waybill/contracts';
import { editsOf } from './outgoing-message.js';
import type { OutgoingMessage } from './outgoing-message.js';
import { everyItem } from './pages.js';
import { segment } from './transport.js';
import type { Transport } from './transport.js';

export type MessageFilter = NonNullable<Body<typeof redrive>['filter']>;
export type PublishTarget = Body<typeof move>['to'];
export type Preview = Extract<Reply<typeof redrive>, { dryRun: true }>;
export type Group = Reply<typeof listGroups>['items'][number];

export interface BrowseQuery {
  /** Default `ready`. */
  readonly state?: 'ready' | 'leased' | 'delayed' | 'deferred' | 'dead';
  readonly id?: string;
  readonly key?: string;
  readonly group?: string;
  readonly correlationId?: string;
  readonly reason?: string;
  readonly publishedFrom?: string;
  readonly publishedTo?: string;
  /** Own headers it carries. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default `none`; `head`: the first 1,024 bytes. */
  readonly body?: 'none' | 'head' | 'full';
  /** Messages a page, 1 to 200. */
  readonly limit?: number;
  readonly after?: string;
}

type Rate = { readonly filter?: MessageFilter; readonly ratePerSecond?: number };
type Resubmission = { readonly to?: PublishTarget; readonly message?: Partial<OutgoingMessage> };

/** What an operator does with the messages of one queue. */
export class QueueOperations {
  protected readonly path: string;

  constructor(protected readonly transport: Transport, readonly name: string) {
    this.path = `/v1/queues/${segment(name)}`;
  }

  /** Depths, age and totals. */
  figures(): Promise<QueueFigures> {
    return this.transport.get(this.path);
  }

  browsePage({ headers, ...query }: BrowseQuery = {}): Promise<Reply<typeof browseMessages>> {
    const own = Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [`header.${name}`, value]));
    return this.transport.get(`${this.path}/messages`, { ...query, ...own });
  }

  /** Messages without consuming them, page by page as they are used up. */
  browse(query: Omit<BrowseQuery, 'after'> = {}): AsyncGenerator<BrowsedMessage, void, undefined> {
    return everyItem((after) => this.browsePage({ ...query, ...(after === undefined ? {} : { after }) }));
  }

  /** One message, whatever its state, with its whole body. */
  peek(id: string): Promise<BrowsedMessage> {
    return this.transport.get(`${this.path}/messages/${segment(id)}`);
  }

  /** Publishes a dead letter again, edited, and removes it, in one step. What is left out stays as it was. */
  resubmit(id: string, { to, message = {} }: Resubmission = {}): Promise<PublishReceipt> {
    return this.operate(`messages/${segment(id)}/resubmit`, { to, message: editsOf(message) satisfies Partial<MessageInput> });
  }

  /** Dead letters back, keeping their ids; a worker does it. */
  async redrive(wish: Rate & { readonly to?: PublishTarget } = {}): Promise<Task> {
    return (await this.operate<{ task: Task }>('redrive', wish)).task;
  }

  redrivePreview(wish: { readonly filter?: MessageFilter } = {}): Promise<Preview> {
    return this.operate('redrive', { ...wish, dryRun: true });
  }

  /** Ready messages, or dead letters, elsewhere, keeping their ids; a worker does it. */
  async move(wish: Rate & { readonly to: PublishTarget; readonly state?: 'ready' | 'dead' }): Promise<Task> {
    return (await this.operate<{ task: Task }>('move', wish)).task;
  }

  movePreview(wish: { readonly to: PublishTarget; readonly state?: 'ready' | 'dead'; readonly filter?: MessageFilter }): Promise<Preview> {
    return this.operate('move', { ...wish, dryRun: true });
  }

  /** Removes all messages in a state (default `ready`) before it answers; leased ones stay. Answers how many. */
  async purge(wish: { readonly state?: NonNullable<Body<typeof purge>['state']> } = {}): Promise<number> {
    return (await this.operate<{ purged: number }>('purge', wish)).purged;
  }

  /** Removes the messages that fit a filter; a worker does it. */
  async purgeWhere(filter: MessageFilter, wish: { readonly state?: NonNullable<Body<typeof purge>['state']> } = {}): Promise<Task> {
    return (await this.operate<{ task: Task }>('purge', { ...wish, filter })).task;
  }

  purgePreview(wish: { readonly state?: NonNullable<Body<typeof purge>['state']>; readonly filter?: MessageFilter } = {}): Promise<Preview> {
    return this.operate('purge', { ...wish, dryRun: true });
  }

  /** Hands nothing out until it is resumed, or for some seconds; publishing and settling go on. */
  pause(seconds?: number): Promise<{ paused: true; until: string | null }> {
    return this.operate('pause', { seconds });
  }

  resume(): Promise<{ paused: false }> {
    return this.operate('resume', {});
  }

  /** Groups of a fifo or fair queue, and what blocks each. */
  groups(): AsyncGenerator<Group, void, undefined> {
    return everyItem((after) => this.transport.get(`${this.path}/groups`, { after }));
  }

  /** Hands out nothing of one group until it is unparked. */
  park(group: string, reason?: string): Promise<Group> {
    return this.operate('park', { group, reason });
  }

  unpark(group: string): Promise<Group> {
    return this.operate('unpark', { group });
  }

  private operate<T>(what: string, input: object): Promise<T> {
    return this.transport.send<T>('POST', `${this.path}/${what}`, input, { repeat: 'if-not-done' });
  }
}
