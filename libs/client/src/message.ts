import type { Problem, PublishReceipt, ReceivedMessage } from '@waybill/contracts';
import { bytesOf } from './body.js';
import { errorOfProblem } from './errors.js';
import type { OutgoingMessage } from './outgoing-message.js';
import type { Settlements } from './settlements.js';

/** What a message needs of the place it came from. */
export interface MessageOrigin {
  readonly queue: string;
  readonly settlements: Settlements;
  /** Publishes to a reply address. */
  reply(address: string, message: OutgoingMessage): Promise<PublishReceipt>;
}

type Shown = Omit<ReceivedMessage, 'body' | 'bodyEncoding'>;

/** A leased message. Settle it before `leaseUntil`, or extend the lease. */
export class Message implements Shown {
  readonly id!: string;
  readonly receipt!: string;
  readonly deliveryCount!: number;
  readonly publishedAt!: string;
  readonly exchange!: string | null;
  readonly key!: string;
  readonly contentType!: string;
  readonly priority!: number;
  readonly headers!: Record<string, string>;
  readonly group?: string;
  readonly dedupId?: string;
  readonly replyTo?: string;
  readonly correlationId?: string;
  readonly traceparent?: string;
  readonly expiresAt?: string;
  readonly death?: NonNullable<ReceivedMessage['death']>;
  readonly #body: Pick<ReceivedMessage, 'body' | 'bodyEncoding'>;
  readonly #origin: MessageOrigin;
  readonly #lost = new AbortController();
  #leaseUntil: string;
  #settled = false;
  #onEnd: (() => void)[] = [];

  constructor(received: ReceivedMessage, origin: MessageOrigin) {
    const { body, bodyEncoding, leaseUntil, ...shown } = received;
    Object.assign(this, shown);
    this.#body = { body, bodyEncoding };
    this.#leaseUntil = leaseUntil;
    this.#origin = origin;
  }

  get queue(): string {
    return this.#origin.queue;
  }

  /** RFC 3339, by the server's clock; moves when the lease is extended. */
  get leaseUntil(): string {
    return this.#leaseUntil;
  }

  /** True after accept, release, reject and defer, and when the lease is known to be lost. */
  get settled(): boolean {
    return this.#settled;
  }

  /** Aborts when the lease is lost: another consumer may have the message now. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** The body as it was published. */
  get body(): Uint8Array {
    return bytesOf(this.#body);
  }

  text(): string {
    return this.#body.bodyEncoding === 'utf8' ? this.#body.body : new TextDecoder().decode(this.body);
  }

  json<T = unknown>(): T {
    return JSON.parse(this.text()) as T;
  }

  /** Done. Repeating it is harmless; fails with `lease_lost` when another consumer answers for the message now. */
  async accept(): Promise<void> {
    await this.end(() => this.#origin.settlements.settle('accept', this.receipt, this.receipt));
  }

  /** Back to its place in the queue; without a delay by the queue's retry policy. At the delivery limit it goes to the dead letters. */
  async release(options: { readonly delaySeconds?: number } = {}): Promise<'released' | 'dead_lettered' | 'already_settled'> {
    const { outcome } = await this.end(() => this.#origin.settlements.settle('release', this.receipt, { receipt: this.receipt, ...options }));
    return outcome as 'released';
  }

  /** To the dead letters. */
  async reject(reason?: string): Promise<void> {
    await this.end(() => this.#origin.settlements.settle('reject', this.receipt, { receipt: this.receipt, ...(reason === undefined ? {} : { reason }) }));
  }

  /** Set aside under a key, until it is received by it or `returnAfterSeconds` (default 14 days) have passed. */
  async defer(key: string, options: { readonly returnAfterSeconds?: number } = {}): Promise<void> {
    await this.end(() => this.#origin.settlements.settle('defer', this.receipt, { receipt: this.receipt, key, ...options }));
  }

  /** A new lease that runs from now; `leaseUntil` says when it ends. */
  async extend(leaseSeconds: number): Promise<void> {
    const { leaseUntil } = await this.noticingLoss(() => this.#origin.settlements.settle('extend', this.receipt, { receipt: this.receipt, leaseSeconds }));
    if (leaseUntil !== undefined) this.#leaseUntil = leaseUntil;
  }

  /** Answers a request; its correlation id goes along. Fails with `reply_gone` when nobody waits any more. */
  async reply(message: OutgoingMessage): Promise<PublishReceipt> {
    if (this.replyTo === undefined) throw new TypeError(`message ${this.id} asks for no reply`);
    return this.#origin.reply(this.replyTo, { correlationId: this.correlationId, ...message });
  }

  /** Calls back once, when the message is settled, lost or abandoned. */
  onEnd(callback: () => void): void {
    if (this.#settled) callback();
    else this.#onEnd.push(callback);
  }

  /** Leaves the message to its lease: nobody here extends it any more. It can still be settled until the lease ends. */
  abandon(): void {
    for (const callback of this.#onEnd.splice(0)) callback();
  }

  /** What a receive that accepted it as well answered; without a problem it is done. */
  noteAccept(problem: Problem | undefined): void {
    if (problem === undefined) this.finish();
    else if (problem.code === 'lease_lost') this.lose(errorOfProblem(problem));
  }

  private async end<T>(settle: () => Promise<T>): Promise<T> {
    const result = await this.noticingLoss(settle);
    this.finish();
    return result;
  }

  private async noticingLoss<T>(settle: () => Promise<T>): Promise<T> {
    try {
      return await settle();
    } catch (error) {
      if ((error as { code?: string }).code === 'lease_lost') this.lose(error);
      throw error;
    }
  }

  private lose(error: unknown): void {
    this.finish();
    this.#lost.abort(error);
  }

  private finish(): void {
    this.#settled = true;
    this.abandon();
  }
}
