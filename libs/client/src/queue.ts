import { randomUUID } from 'node:crypto';
import type { PublishReceipt, ReceivedMessage } from '@waybill/contracts';
import { iterate } from './consuming/consume.js';
import type { ConsumeOptions, IterateOptions } from './consuming/consume.js';
import { EventStream } from './consuming/event-stream.js';
import { LeaseKeeper } from './consuming/lease-keeper.js';
import { LongPoll } from './consuming/long-poll.js';
import type { ReceiveBody } from './consuming/long-poll.js';
import type { MessageSource } from './consuming/message-source.js';
import { Subscription } from './consuming/subscription.js';
import { WebSocketStream } from './consuming/web-socket.js';
import { runHandlers } from './consuming/work.js';
import type { Handler, WorkOptions } from './consuming/work.js';
import { Message } from './message.js';
import type { MessageOrigin } from './message.js';
import { inputOf } from './outgoing-message.js';
import type { OutgoingMessage } from './outgoing-message.js';
import { Publisher } from './publisher.js';
import { QueueOperations } from './queue-operations.js';
import type { PublishTarget } from './queue-operations.js';
import type { RetrySettings } from './retry.js';
import { Settlements } from './settlements.js';
import type { SendSettlements, SettleBody, SettleResult } from './settlements.js';
import { segment } from './transport.js';
import type { Transport } from './transport.js';

export interface ReceiveOptions {
  /** 1 to 100; default 1. */
  readonly max?: number;
  /** 0 to 60: how long to wait when there is nothing; default 0. */
  readonly waitSeconds?: number;
  /** Default: the queue's. 0: the lease is over at once. */
  readonly leaseSeconds?: number;
  /** Accepts in the step that hands out: at most once, lost if the answer is lost; there is nothing to settle. */
  readonly autoAccept?: boolean;
  readonly consumer?: string;
  /** Leases the messages deferred under these keys instead. */
  readonly deferred?: readonly string[];
  /** Messages that are done, 100 at most: accepted in the same call, before others are leased. One call a round instead of two. */
  readonly accept?: readonly Message[];
  readonly signal?: AbortSignal;
}

export interface QueueSettings {
  readonly idempotent: boolean;
  readonly retry: RetrySettings;
}

/** One queue: publish to it, consume from it, operate it. */
export class Queue extends QueueOperations {
  private readonly publisher: Publisher;
  private readonly origin: MessageOrigin;

  constructor(transport: Transport, name: string, private readonly settings: QueueSettings) {
    super(transport, name);
    this.publisher = new Publisher(transport, this.path, settings.idempotent);
    this.origin = this.originWith(this.sendSettlements);
  }

  /** Publishing straight to this queue; exchanges have the same calls. */
  readonly publish: Publisher['publish'] = (...given) => this.publisher.publish(...given);
  readonly publishAll: Publisher['publishAll'] = (...given) => this.publisher.publishAll(...given);
  readonly publishEach: Publisher['publishEach'] = (...given) => this.publisher.publishEach(...given);
  readonly publishStream: Publisher['publishStream'] = (...given) => this.publisher.publishStream(...given);
  readonly publishEvent: Publisher['publishEvent'] = (...given) => this.publisher.publishEvent(...given);
  readonly publishEvents: Publisher['publishEvents'] = (...given) => this.publisher.publishEvents(...given);

  /**
   * Leases messages; none when there are none. An answer that gets lost leaves its messages to their leases. Of those to accept, `settled`
   * is true afterwards, and `lost` aborts where another consumer answers for the message now.
   */
  async receive({ signal, accept, ...body }: ReceiveOptions = {}): Promise<Message[]> {
    const { messages, notAccepted = [] } = await this.lease(accept === undefined ? body : { ...body, accept: accept.map(({ receipt }) => receipt) }, signal);
    const problems = new Map(notAccepted.map(({ receipt, problem }) => [receipt, problem]));
    accept?.forEach((message) => message.noteAccept(problems.get(message.receipt)));
    return messages.map((message) => new Message(message, this.origin));
  }

  /** Settles many receipts in one call; one result per receipt, those that failed with their problem. */
  settle(body: SettleBody): Promise<readonly SettleResult[]> {
    return this.sendSettlements(body);
  }

  /** Ends a message's lease and publishes others, in one step: all of it happens, or nothing. */
  async acceptAndPublish(message: Pick<Message, 'receipt'>, publish: readonly { readonly to: PublishTarget; readonly message: OutgoingMessage }[]): Promise<PublishReceipt[]> {
    const body = { receipt: message.receipt, publish: publish.map((one) => ({ to: one.to, message: inputOf(one.message) })) };
    const { messages } = await this.transport.send<{ messages: PublishReceipt[] }>('POST', `${this.path}/accept-and-publish`, body, { repeat: 'if-not-done' });
    return messages;
  }

  /** `for await (const message of queue.consume())`: leases are extended while the loop works, and settled after each turn. */
  consume(options: IterateOptions = {}): AsyncGenerator<Message, void, undefined> {
    return iterate(this.subscribe(options, options.prefetch ?? 10, () => undefined), options);
  }

  /**
   * Runs a handler for every message: extends the lease while it runs, accepts after it, releases or rejects when it
   * fails. Resolves when the signal has aborted and what was begun is finished; rejects when going on is pointless.
   */
  async work(handler: Handler, options: WorkOptions = {}): Promise<void> {
    const prefetch = Math.max(options.prefetch ?? 0, options.concurrency ?? 1);
    const subscription = this.subscribe(options, prefetch, (error, message) => void options.onError?.(error, message));
    await runHandlers(subscription, handler, options, this.transport.time);
  }

  private subscribe(options: ConsumeOptions, prefetch: number, onFailure: (error: unknown, message: Message) => void): Subscription {
    const source = this.sourceFor(options, prefetch);
    const leases = new LeaseKeeper(this.transport.clock, this.transport.time, options.leaseSeconds, onFailure);
    return new Subscription(source, this.originWith(source.settle), leases, prefetch, options.signal);
  }

  private sourceFor({ transport = 'poll', leaseSeconds, waitSeconds = 20, consumer = `client-${randomUUID().slice(0, 8)}` }: ConsumeOptions, prefetch: number): MessageSource {
    const settings = { prefetch, leaseSeconds, consumer, waitSeconds };
    const stream = `${this.path}/stream`;
    if (transport === 'sse') return new EventStream(this.transport, stream, this.sendSettlements, settings, this.settings.retry);
    if (transport === 'websocket') return new WebSocketStream(this.transport, stream, this.sendSettlements, settings, this.settings.retry);
    return new LongPoll((body, signal) => this.lease(body, signal), this.sendSettlements, settings, this.settings.retry, this.transport.time);
  }

  private lease(body: ReceiveBody, signal: AbortSignal | undefined): Promise<{ messages: ReceivedMessage[]; paused?: boolean; notAccepted?: SettleResult[] }> {
    // What was accepted at once cannot come again: a try whose answer was lost is told, not repeated.
    const repeat = body.autoAccept ? 'if-not-done' : 'always';
    return this.transport.send('POST', `${this.path}/receive`, body, { repeat, signal, waitMs: (body.waitSeconds ?? 0) * 1000 });
  }

  private readonly sendSettlements: SendSettlements = async (body) => {
    const { results } = await this.transport.send<{ results: SettleResult[] }>('POST', `${this.path}/settle`, body, { repeat: 'always' });
    return results;
  };

  private originWith(send: SendSettlements): MessageOrigin {
    return {
      queue: this.name,
      settlements: new Settlements(send),
      reply: (address, message) => new Publisher(this.transport, `/v1/queues/${segment(address)}`, false).publish(message),
    };
  }
}
