import { formatReceipt, parseReceipt } from '@waybill/broker';
import type { Delivery, QueueRef, Receipt } from '@waybill/broker';
import { receiveLimit } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import type { Clock, Logger, NamespaceId } from '@waybill/kernel';
import type { BrokerWiring } from './broker-wiring.js';
import { messageJson } from './delivery-reply.js';
import { StreamLeases } from './stream-leases.js';
import { newStreamMark } from './stream-mark.js';
import type { StreamMark } from './stream-mark.js';
import type { StreamNews, StreamNotices } from './stream-notices.js';

/** Why a stream ended: the client left, the gateway stops, the credentials are no longer valid, or a problem that repeating does not mend. */
export type StreamEnd = 'left' | 'drained' | 'refused' | 'failed';

/** What a stream writes to: the response of server-sent events, or a socket. */
export interface StreamOutlet {
  /** The client reads too slowly: nothing more is leased to it until `StreamSession.look` is called. */
  readonly blocked: boolean;
  message(id: string, json: string): void;
  paused(): void;
  problem(error: WaybillError): void;
  /** Shows the client that the stream lives. False when the client has not shown the same for too long. */
  beat(): boolean;
  end(why: StreamEnd): void;
}

export interface StreamRequest {
  readonly ns: NamespaceId;
  readonly queue: string;
  /** Most messages leased and not settled. */
  readonly credit: number;
  /** Undefined: the queue's own. */
  readonly leaseMs: number | undefined;
  readonly holder: string;
  readonly consumer: string | undefined;
}

export interface StreamKit {
  readonly broker: Pick<BrokerWiring, 'consumer' | 'queues' | 'active' | 'wakes' | 'leases' | 'seats' | 'topologies'>;
  /** The body of a message, fetched when it lies outside the message store. */
  readonly loadBody: (ns: NamespaceId, delivery: Delivery) => Promise<Buffer>;
  readonly notices: Pick<StreamNotices, 'follow'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onDelivered: (messages: number) => void;
}

/** How long one place in the waiting line is kept before a new one is taken. A paused queue is noticed then. */
const waitMs = 60_000;
/** After this long without news while the credit is used up, the store is asked which leases still stand; twice as long each time, up to `recountMostMs`. */
const recountFirstMs = 10_000;
const recountMostMs = 120_000;
/** Before another try after an error of the store. */
const retryMs = 1_000;

/** One consumer that is sent messages as they come: never more leased than its credit, one claim at a time. */
export class StreamSession {
  readonly mark: StreamMark = newStreamMark();
  readonly #leases = new StreamLeases();
  readonly #over = new AbortController();
  #waiting: AbortController | undefined;
  #credit: number;
  #queue: QueueRef | undefined;
  #toldPaused = false;
  #wake: (() => void) | undefined;
  #recountMs = recountFirstMs;
  #delivered = 0;

  constructor(
    readonly request: StreamRequest,
    private readonly outlet: StreamOutlet,
    private readonly kit: StreamKit,
  ) {
    this.#credit = request.credit;
  }

  /** Messages leased through this stream and not settled, as far as it knows. */
  get leased(): number {
    return this.#leases.size;
  }

  get ended(): boolean {
    return this.#over.signal.aborted;
  }

  /** Streams until the end; resolves after what nobody settled was released. Never rejects. */
  async run(): Promise<void> {
    const { ns } = this.request;
    const unfollow = this.kit.notices.follow(ns, this.mark, (news) => this.#hear(news));
    let leave: (() => void) | undefined;
    while (!this.ended) {
      try {
        leave ??= await this.kit.broker.wakes.listen(ns);
        await this.#serve();
      } catch (error) {
        await this.#fail(error);
      }
    }
    unfollow();
    leave?.();
    await this.#release();
    this.kit.logger.info('stream.ended', { namespaceId: ns, queue: this.request.queue, delivered: this.#delivered });
  }

  /** The client, the gateway or the credentials are gone. Repeating it is harmless. */
  end(why: StreamEnd, error?: WaybillError): void {
    if (this.ended) return;
    this.#over.abort();
    this.#waiting?.abort();
    if (error) this.outlet.problem(error);
    this.outlet.end(why);
    this.look();
  }

  /** New credit; less than is leased stops the flow until enough is settled. */
  setCredit(credit: number): void {
    this.#credit = credit;
    if (credit <= this.#leases.size) this.#waiting?.abort();
    this.look();
  }

  /** Something changed: room, credit, or the client reads again. */
  look(): void {
    this.#recountMs = recountFirstMs;
    this.#wake?.();
  }

  /** Notices may have been missed: the store is asked what still stands. Fails with `store_unavailable`. */
  async recount(): Promise<void> {
    const queue = this.#queue;
    if (!queue) return;
    const receipts = this.#leases.receipts;
    const deadlines = await this.kit.broker.leases.deadlines(queue, receipts.map((text) => parseReceipt(queue.id, text)));
    receipts.forEach((receipt, index) => {
      const deadlineMs = deadlines[index];
      if (typeof deadlineMs === 'number') this.#leases.extend(receipt, deadlineMs);
      else this.#leases.end(receipt);
    });
    this.#wake?.();
  }

  #hear({ receipt, untilMs }: StreamNews): void {
    if (untilMs === undefined) this.#leases.end(receipt);
    else this.#leases.extend(receipt, untilMs);
    this.look();
  }

  async #serve(): Promise<void> {
    const { ns, queue: name } = this.request;
    const room = await this.#room();
    if (room === 0) return;
    await this.kit.broker.active.touch(ns);
    if (this.ended) return;
    const waiting = (this.#waiting = new AbortController());
    const { queue, received } = await this.kit.broker.consumer.on(ns, name, async (found) => {
      const { leaseMs, holder, consumer } = this.request;
      // The first look answers at once, to learn whether the queue is paused.
      const patience = this.#queue?.id === found.id ? waitMs : 0;
      return { queue: found, received: await this.kit.broker.consumer.receive(found, { max: room, waitMs: patience, leaseMs, holder, consumer, signal: waiting.signal }) };
    });
    this.#waiting = undefined;
    this.#reach(queue);
    this.#pausedIs(received.paused);
    const receipts = received.deliveries.map(({ receipt }) => receipt);
    // Who left the line while its claim was under way has no use for it; the line may have handed it back already.
    if (waiting.signal.aborted) await this.#handBack(queue, receipts, 0);
    else if (receipts.length > 0) await this.#send(queue, received.deadlineMs, received.deliveries);
  }

  /** A queue that was deleted and created again is another one: the leases of the old are gone. */
  #reach(queue: QueueRef): void {
    if (this.#queue !== undefined && this.#queue.id !== queue.id) this.#leases.clear();
    this.#queue = queue;
  }

  #pausedIs(paused: boolean): void {
    if (paused && !this.#toldPaused) this.outlet.paused();
    this.#toldPaused = paused;
  }

  /** How many messages may be leased now; waits until it is at least one. 0 when the stream is over. */
  async #room(): Promise<number> {
    for (;;) {
      if (this.ended) return 0;
      const nowMs = this.kit.clock.nowMs();
      this.#leases.dropRunOut(nowMs);
      const free = this.#credit - this.#leases.size;
      if (free > 0 && !this.outlet.blocked) return Math.min(free, receiveLimit);
      const usedUp = free <= 0 && this.#leases.size > 0;
      const endMs = this.#leases.nextEndMs;
      const limitMs = Math.min(usedUp ? this.#recountMs : recountMostMs, endMs === undefined ? recountMostMs : Math.max(1, endMs - nowMs));
      const woken = await this.#change(limitMs);
      if (!woken && usedUp && limitMs === this.#recountMs) {
        this.#recountMs = Math.min(this.#recountMs * 2, recountMostMs);
        await this.recount();
      }
    }
  }

  /** Resolves with true when something changed, with false after `limitMs`. */
  #change(limitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (woken: boolean): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve(woken);
      };
      const timer = setTimeout(() => done(false), limitMs);
      this.#wake = () => done(true);
    });
  }

  async #send(queue: QueueRef, deadlineMs: number, deliveries: readonly Delivery[]): Promise<void> {
    for (const { receipt } of deliveries) this.#leases.add(formatReceipt(queue.id, receipt), deadlineMs);
    this.kit.onDelivered(deliveries.length);
    const leasedFrom = { queueId: queue.id, leaseUntil: new Date(deadlineMs).toISOString(), mark: this.mark };
    for (const [index, delivery] of deliveries.entries()) {
      try {
        while (this.outlet.blocked && !this.ended) await this.#change(recountMostMs);
        const body = delivery.properties.storedBody === undefined ? delivery.body : await this.kit.loadBody(queue.ns, delivery);
        if (this.ended) return;
        this.outlet.message(delivery.id, messageJson(leasedFrom, { ...delivery, body }));
        this.#delivered += 1;
      } catch (error) {
        const unsent = deliveries.slice(index).map(({ receipt }) => receipt);
        for (const receipt of unsent) this.#leases.end(formatReceipt(queue.id, receipt));
        await this.#handBack(queue, unsent, retryMs);
        throw error;
      }
    }
  }

  async #fail(error: unknown): Promise<void> {
    const known = error instanceof WaybillError ? error : new WaybillError('internal_error', {}, { cause: error });
    if (!known.retryable || known.code === 'internal_error') {
      this.kit.logger[known.code === 'internal_error' ? 'error' : 'info']('stream.failed', { code: known.code, queue: this.request.queue, ...(known.cause instanceof Error ? { error: known.cause } : {}) });
      this.end('failed', known);
      return;
    }
    this.kit.logger.warn('stream.interrupted', { code: known.code, queue: this.request.queue });
    await this.#change(retryMs);
  }

  /** What was leased and not settled goes to the next consumer at once. */
  async #release(): Promise<void> {
    const queue = this.#queue;
    if (!queue) return;
    const receipts = this.#leases.receipts.map((text) => parseReceipt(queue.id, text));
    this.#leases.clear();
    await this.#handBack(queue, receipts, 0);
    const { consumer } = this.request;
    if (consumer === undefined || !this.kit.broker.topologies.get(queue.ns).table.queue(queue.name)?.singleActiveConsumer) return;
    await this.kit.broker.seats.leave(queue, consumer).catch((error: Error) => this.#leaving(queue, error));
  }

  async #handBack(queue: QueueRef, receipts: readonly Receipt[], delayMs: number): Promise<void> {
    for (let i = 0; i < receipts.length; i += receiveLimit) {
      try {
        await this.kit.broker.queues.settle(queue, receipts.slice(i, i + receiveLimit).map((receipt) => ({ action: 'release', receipt, delayMs })));
      } catch (error) {
        this.#leaving(queue, error);
        return;
      }
    }
  }

  /** Leases end and seats are lost by themselves, only later. */
  #leaving(queue: QueueRef, error: unknown): void {
    this.kit.logger.warn('stream.release_failed', { queue: queue.name, error: error instanceof Error ? error : new Error(String(error)) });
  }
}
