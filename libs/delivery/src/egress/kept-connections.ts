import { Client, errors } from 'undici';
import type { Dispatcher } from 'undici';

/** No connection lives longer, so that a host that moved is not missed. */
const lifetimeMs = 300_000;

/** A call that connections carry. */
export interface Carried extends Dispatcher.DispatchHandler {
  readonly options: Dispatcher.DispatchOptions;
  /** It ended while it waited: nothing of it may be sent. */
  readonly over: boolean;
  /** What carries it: given back when undici has ended the call, and not before. */
  connection: Connection | undefined;
  onResponseError(controller: Dispatcher.DispatchController | undefined, error: Error): void;
}

export interface Connection {
  readonly client: Client;
  /** When it was connected, ms by the process's clock. */
  sinceMs: number;
}

/**
 * Connections to one origin, one call on each at a time; the one that was free last is used first, so that those which are not
 * needed close. A Pool of undici asks one connection after the other whether it is free, and keeps each until the next turn
 * of the event loop: with 64 calls at once that costs as much as half the call.
 */
export class KeptConnections {
  readonly #all = new Set<Connection>();
  readonly #free: Connection[] = [];
  readonly #waiting: Carried[] = [];
  #closed = false;

  constructor(
    private readonly origin: string,
    private readonly most: number,
    private readonly options: Client.Options,
  ) {}

  /** Sends a call, now or when a connection is free. It is told of every failure; nothing is thrown. */
  send(call: Carried): void {
    const connection = this.#closed ? undefined : this.#take();
    if (connection !== undefined) carry(connection, call);
    else if (this.#closed) call.onResponseError(undefined, new errors.ClientDestroyedError());
    else this.#waiting.push(call);
  }

  /** The call on it has ended. */
  give(connection: Connection): void {
    this.#free.push(connection);
    // Not at once: undici is still busy with the end of the call.
    if (this.#waiting.length > 0) queueMicrotask(() => this.#sendWaiting());
  }

  /** Ends the calls under way. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const call of this.#waiting.splice(0)) call.onResponseError(undefined, new errors.ClientDestroyedError());
    await Promise.all([...this.#all].map(({ client }) => client.destroy()));
  }

  #sendWaiting(): void {
    while (this.#waiting.length > 0) {
      if (!this.#waiting[0]?.over) {
        const connection = this.#take();
        if (connection === undefined) return;
        carry(connection, this.#waiting[0] as Carried);
      }
      this.#waiting.shift();
    }
  }

  #take(): Connection | undefined {
    for (let free = this.#free.pop(); free !== undefined; free = this.#free.pop()) {
      if (Date.now() - free.sinceMs < lifetimeMs) return free;
      this.#all.delete(free);
      void free.client.close();
    }
    return this.#all.size < this.most ? this.#open() : undefined;
  }

  #open(): Connection {
    const opened: Connection = { client: new Client(this.origin, this.options), sinceMs: Date.now() };
    opened.client.on('connect', () => void (opened.sinceMs = Date.now()));
    this.#all.add(opened);
    return opened;
  }
}

function carry(connection: Connection, call: Carried): void {
  call.connection = connection;
  connection.client.dispatch(call.options, call);
}
