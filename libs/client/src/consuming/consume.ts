import type { Message } from '../message.js';
import type { Subscription } from './subscription.js';

export interface ConsumeOptions {
  /** Messages leased and not settled at a time, 1 to 1,000; default 10. */
  readonly prefetch?: number;
  /** Default: the queue's. Leases are extended while messages are in hand, so this is how soon a crash is noticed. */
  readonly leaseSeconds?: number;
  /** Default `poll`; `websocket` and `sse` push, without a call per message. */
  readonly transport?: 'poll' | 'sse' | 'websocket';
  /** How long a poll waits for messages, 0 to 60; default 20. */
  readonly waitSeconds?: number;
  /** Shown as the holder of leases; default: a random name. */
  readonly consumer?: string;
  /** Ends the consumer: nothing more is taken, what was not begun goes back. */
  readonly signal?: AbortSignal;
}

export interface IterateOptions extends ConsumeOptions {
  /**
   * `after` (default): a message is accepted when the loop asks for the next one, and released when the loop is left
   * in the middle of it; what the loop settled itself stays so. `manual`: only the loop settles.
   */
  readonly settle?: 'after' | 'manual';
  /** Told when a lease was lost, so that the message will come again somewhere. Default: nothing. */
  readonly onLost?: (message: Message) => void;
}

/** Hands on the messages of a subscription, one after the other, and settles each after its turn of the loop. */
export async function* iterate(subscription: Subscription, { settle = 'after', onLost }: IterateOptions): AsyncGenerator<Message, void, undefined> {
  try {
    for (;;) {
      const message = await subscription.next();
      if (message === undefined) return;
      let finished = false;
      try {
        yield message;
        finished = true;
      } finally {
        if (!finished && settle === 'after' && !message.settled) await message.release();
      }
      if (message.lost.aborted) onLost?.(message);
      else if (settle === 'after' && !message.settled) acceptBehind(subscription, message, onLost);
    }
  } finally {
    await subscription.close();
  }
}

/** Not waited for, so that accepts travel together; the loop ends with the first that fails for good. */
function acceptBehind(subscription: Subscription, message: Message, onLost: IterateOptions['onLost']): void {
  void message.accept().catch((error: unknown) => {
    if (message.lost.aborted) onLost?.(message);
    else subscription.fail(error);
  });
}
