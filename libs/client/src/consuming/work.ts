import type { Message } from '../message.js';
import type { Time } from '../time.js';
import type { ConsumeOptions } from './consume.js';
import type { Subscription } from './subscription.js';

/** Thrown by a handler: the message goes to the dead letters. */
export class RejectMessage extends Error {
  override readonly name = 'RejectMessage';
}

/** Thrown by a handler: the message goes back, after this delay instead of the queue's retry policy. */
export class ReleaseMessage extends Error {
  override readonly name = 'ReleaseMessage';

  constructor(readonly delaySeconds: number, message = 'released by the handler') {
    super(message);
  }
}

/** What happens to a message whose handler failed. */
export type AfterFailure = 'release' | 'reject' | { readonly delaySeconds: number };

export interface WorkOptions extends ConsumeOptions {
  /** Handlers at a time; default 1. */
  readonly concurrency?: number;
  /**
   * Told of every failure: of a handler, and of a settlement or an extension that did not work. For a handler the
   * answer decides; nothing means `release`, by the queue's retry policy.
   */
  readonly onError?: (error: unknown, message: Message) => AfterFailure | void;
  /** How long handlers may go on after the signal; then theirs aborts and their messages go back. Default 30. */
  readonly drainSeconds?: number;
}

/** `signal` aborts when going on is useless: the lease was lost, or the time to drain is over. */
export type Handler = (message: Message, context: { readonly signal: AbortSignal }) => Promise<unknown> | unknown;

/** Runs handlers over the messages of a subscription until its signal aborts; rejects with what made going on pointless. */
export async function runHandlers(subscription: Subscription, handler: Handler, options: WorkOptions, time: Time): Promise<void> {
  const overtime = new AbortController();
  const done = new AbortController();
  const drain = async () => {
    await time.sleep((options.drainSeconds ?? 30) * 1000, done.signal);
    overtime.abort(new Error('the time to drain is over'));
    await Promise.allSettled(subscription.inHand().map((message) => message.release()));
  };
  const startDrain = () => void drain().catch(() => undefined);
  options.signal?.addEventListener('abort', startDrain, { once: true });
  if (options.signal?.aborted) startDrain();
  try {
    const hands = Array.from({ length: options.concurrency ?? 1 }, () => hand(subscription, handler, options, overtime.signal));
    // A handler that does not end in time is left behind; its message went back.
    const results = await Promise.race([Promise.allSettled(hands), aborted(overtime.signal)]);
    const failed = results?.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  } finally {
    done.abort();
    options.signal?.removeEventListener('abort', startDrain);
    await subscription.close();
  }
}

async function hand(subscription: Subscription, handler: Handler, options: WorkOptions, overtime: AbortSignal): Promise<void> {
  for (;;) {
    const message = await subscription.next();
    if (message === undefined) return;
    await handle(message, handler, options, overtime);
    if (overtime.aborted) return;
  }
}

async function handle(message: Message, handler: Handler, { onError }: WorkOptions, overtime: AbortSignal): Promise<void> {
  let settle = () => message.accept() as Promise<unknown>;
  try {
    await handler(message, { signal: AbortSignal.any([message.lost, overtime]) });
  } catch (error) {
    const wish = onError?.(error, message) ?? 'release';
    settle = settlementFor(message, error, wish);
  }
  if (message.settled || overtime.aborted) return;
  try {
    await settle();
  } catch (error) {
    onError?.(error, message);
  }
}

function settlementFor(message: Message, error: unknown, wish: AfterFailure): () => Promise<unknown> {
  if (error instanceof RejectMessage) return () => message.reject(reasonOf(error));
  if (error instanceof ReleaseMessage) return () => message.release({ delaySeconds: error.delaySeconds });
  if (wish === 'reject') return () => message.reject(reasonOf(error));
  return () => message.release(wish === 'release' ? {} : wish);
}

/** A reason has at most 200 characters. */
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 200) || 'rejected';

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
