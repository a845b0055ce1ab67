import type { ReceivedMessage } from '@waybill/contracts';
import { Message } from '../message.js';
import type { MessageOrigin } from '../message.js';
import type { LeaseKeeper } from './lease-keeper.js';
import type { Intake, MessageSource } from './message-source.js';

type Waiter = { resolve: (message: Message | undefined) => void; reject: (error: unknown) => void };

/** Messages of one consumer: what came and is not handed on yet, and what is in hand and not settled. */
export class Subscription implements Intake {
  private readonly ready: Message[] = [];
  private readonly open = new Set<Message>();
  private readonly waiters: Waiter[] = [];
  private roomWaiters: (() => void)[] = [];
  private readonly ending = new AbortController();
  private failure: { error: unknown } | undefined;
  private readonly running: Promise<void>;

  constructor(
    private readonly source: MessageSource,
    private readonly origin: MessageOrigin,
    private readonly leases: LeaseKeeper,
    private readonly prefetch: number,
    private readonly signal: AbortSignal | undefined,
  ) {
    signal?.addEventListener('abort', this.stop, { once: true });
    if (signal?.aborted) this.stop();
    this.running = source.run(this, this.ending.signal).catch((error: unknown) => {
      if (!this.ending.signal.aborted) this.fail(error);
    });
  }

  room(): number {
    return this.ending.signal.aborted ? 0 : Math.max(0, this.prefetch - this.open.size);
  }

  whenRoom(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.room() > 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const stop = () => reject(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
      this.roomWaiters.push(() => {
        signal.removeEventListener('abort', stop);
        resolve();
      });
    });
  }

  put(messages: readonly ReceivedMessage[]): void {
    for (const received of messages) {
      const message = new Message(received, this.origin);
      this.open.add(message);
      message.onEnd(() => this.letGo(message));
      void this.leases.keep(message);
      const waiter = this.waiters.shift(); // none after the stop
      if (waiter) waiter.resolve(message);
      else this.ready.push(message);
    }
    if (this.ending.signal.aborted) this.giveBack();
  }

  /** The next message; undefined when the consumer is stopped. Fails with what ended the source. */
  next(): Promise<Message | undefined> {
    if (this.failure) return Promise.reject(this.failure.error);
    if (this.ending.signal.aborted) return Promise.resolve(undefined);
    const message = this.ready.shift();
    if (message) return Promise.resolve(message);
    return new Promise((resolve, reject) => this.waiters.push({ resolve, reject }));
  }

  /** Ends with this error, for whoever asks for the next message. */
  fail(error: unknown): void {
    this.failure ??= { error };
    this.stop();
  }

  /** Hands on nothing more; what was not handed on goes back to the queue. */
  readonly stop = (): void => {
    if (this.ending.signal.aborted) return;
    this.ending.abort(this.signal?.reason ?? new Error('the consumer was stopped'));
    for (const { resolve, reject } of this.waiters.splice(0)) {
      if (this.failure) reject(this.failure.error);
      else resolve(undefined);
    }
    this.giveBack();
  };

  /** What is in hand now. */
  inHand(): readonly Message[] {
    return [...this.open];
  }

  /** After the last message is settled. */
  async close(): Promise<void> {
    this.stop();
    this.signal?.removeEventListener('abort', this.stop);
    await this.origin.settlements.idle();
    this.source.close();
    for (const message of this.open) message.abandon();
    await this.running;
  }

  private giveBack(): void {
    if (!this.source.stopsAtOnce) return;
    for (const message of this.ready.splice(0)) void message.release({ delaySeconds: 0 }).catch(() => message.abandon());
  }

  private letGo(message: Message): void {
    this.open.delete(message);
    for (const wake of this.roomWaiters.splice(0)) wake();
  }
}
