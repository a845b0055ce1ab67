import { randomBytes } from 'node:crypto';
import { missedWakeMs } from '@waybill/broker';
import type { Position, ReplyStore, StoredReply, WakeListener } from '@waybill/broker';
import { replyAddressPrefix } from '@waybill/contracts';
import type { NamespaceId } from '@waybill/kernel';

/** An address outlives the wait a little: its end is told by the requester, or by its gateway's death. */
const lifeMarginMs = 5_000;
/** Requests under way when the process is told to stop may wait so much longer. */
const closingMs = 8_000;

/** Wakes whoever waits here. It can be rung before anybody listens. */
class Bell {
  #rung = false;
  #listener: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#listener?.();
  }

  async heard(): Promise<void> {
    if (!this.#rung) await new Promise<void>((resolve) => (this.#listener = resolve));
    this.#rung = false;
    this.#listener = undefined;
  }
}

/** Somewhere to send one answer. */
export interface ReplyAddress {
  readonly name: string;
  /** The answer, or undefined when the time is over or the requester went away. The address has ended then. */
  wait(hangUp: AbortSignal): Promise<StoredReply | undefined>;
  /** Ends the address without waiting: the request was not published. */
  close(): Promise<void>;
}

/** The addresses at which requests of this process wait. Whoever answers may do so at any gateway. */
export class ReplyAddresses {
  readonly #bells = new Map<string, Bell>();
  readonly #closing = new AbortController();

  constructor(
    private readonly store: ReplyStore,
    private readonly wakes: Pick<WakeListener, 'listen'>,
    private readonly lookAgainMs = missedWakeMs,
  ) {}

  /** Opens an address that nobody can guess. Listens before it exists, so that no answer is missed. */
  async open(ns: NamespaceId, waitMs: number): Promise<ReplyAddress> {
    const name = `${replyAddressPrefix}${randomBytes(24).toString('base64url')}`;
    const bell = new Bell();
    const unlisten = await this.wakes.listen(ns);
    this.#bells.set(name, bell);
    const leave = (): void => {
      this.#bells.delete(name);
      unlisten();
    };
    try {
      await this.store.open(ns, name, waitMs + lifeMarginMs);
    } catch (error) {
      leave();
      throw error;
    }
    return {
      name,
      wait: (hangUp) => this.#wait(ns, name, bell, waitMs, hangUp).finally(leave),
      close: async () => {
        leave();
        await this.store.take(ns, name, true);
      },
    };
  }

  /** Gives an answer to whoever waits at the address; undefined when nobody does. */
  put(ns: NamespaceId, address: string, record: Buffer): Promise<Position | undefined> {
    return this.store.put(ns, address, record);
  }

  /** Called by the wake listener, with the words of a wake or when some may have been missed. */
  wake(words: readonly string[] | 'all'): void {
    if (this.#bells.size === 0) return;
    if (words === 'all') for (const bell of this.#bells.values()) bell.ring();
    else for (const word of words) this.#bells.get(word)?.ring();
  }

  /** The process is about to stop: requests under way end soon. */
  drain(): void {
    this.#closing.abort();
  }

  async #wait(ns: NamespaceId, name: string, bell: Bell, waitMs: number, hangUp: AbortSignal): Promise<StoredReply | undefined> {
    const closing = this.#closing.signal;
    let over = hangUp.aborted;
    const end = (): void => {
      over = true;
      bell.ring();
    };
    const timers = [setTimeout(end, waitMs), setInterval(() => bell.ring(), this.lookAgainMs)];
    const endSoon = (): void => void timers.push(setTimeout(end, closingMs));
    hangUp.addEventListener('abort', end);
    if (closing.aborted) endSoon();
    else closing.addEventListener('abort', endSoon);
    if (over) bell.ring();
    try {
      for (;;) {
        await bell.heard();
        // Ending and looking are one step: an answer is either given to the requester or refused to its sender.
        const last = over;
        const found = await this.store.take(ns, name, last);
        if (found || last) return found;
      }
    } finally {
      for (const timer of timers) clearTimeout(timer);
      hangUp.removeEventListener('abort', end);
      closing.removeEventListener('abort', endSoon);
    }
  }
}
