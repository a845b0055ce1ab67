import { errors } from 'undici';
import type { buildConnector } from 'undici';
import { HttpConnection } from './http-connection.js';
import type { Carried, Keeper } from './http-connection.js';

/** No connection lives longer, so that a host that moved is not missed. */
const lifetimeMs = 300_000;
/** How often those are looked for that are not needed any more. */
const lookEveryMs = 1_000;

/**
 * Connections to one origin, one call on each at a time; the one that was free last is used first, so that those which are not
 * needed close. The clients of undici, whose connector opens them, would take 15 µs more for a call of 1 KiB (docs/adr/0025).
 */
export class KeptConnections implements Keeper {
  readonly #all = new Set<HttpConnection>();
  readonly #free: HttpConnection[] = [];
  readonly #waiting: Carried[] = [];
  /** Took a call in this turn of the event loop. */
  #taking: HttpConnection[] = [];
  #closed = false;
  #looking: NodeJS.Timeout | undefined;
  readonly #target: buildConnector.Options;

  constructor(
    origin: string,
    private readonly most: number,
    private readonly connect: buildConnector.connector,
  ) {
    const { host, hostname, port, protocol } = new URL(origin);
    this.#target = { host, hostname: hostname.replace(/^\[|\]$/g, ''), protocol, port };
  }

  /** Sends a call, now or when a connection is free. It is told of every failure; nothing is thrown. */
  send(call: Carried): void {
    if (this.#closed) call.onError(new errors.ClientDestroyedError());
    else if (!this.#carry(call)) this.#waiting.push(call);
  }

  free(connection: HttpConnection): void {
    if (this.#closed) return;
    this.#free.push(connection);
    this.#looking ??= setTimeout(() => this.#look(), lookEveryMs).unref();
    this.#sendWaiting();
  }

  gone(connection: HttpConnection, unsent: Carried | undefined): void {
    this.#all.delete(connection);
    const place = this.#free.indexOf(connection);
    if (place >= 0) this.#free.splice(place, 1);
    if (unsent !== undefined) this.#waiting.unshift(unsent);
    if (this.#waiting.length > 0) queueMicrotask(() => this.#sendWaiting());
  }

  /** Ends the calls under way. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#looking);
    const closing = [...this.#all].map((connection) => connection.close());
    for (const call of this.#waiting.splice(0)) call.onError(new errors.ClientDestroyedError());
    await Promise.all(closing);
  }

  #sendWaiting(): void {
    while (this.#waiting.length > 0) {
      const [next] = this.#waiting;
      if (this.#closed) return;
      if (next !== undefined && !next.over && !this.#carry(next)) return;
      this.#waiting.shift();
    }
  }

  #carry(call: Carried): boolean {
    const connection = this.#take();
    if (connection === undefined) return false;
    connection.take(call);
    // Not at once: a server that closes a connection without having said so does it right after its answer, and this is seen first.
    if (this.#taking.push(connection) === 1) setImmediate(() => this.#sendTaken());
    return true;
  }

  #sendTaken(): void {
    const taking = this.#taking;
    this.#taking = [];
    for (const connection of taking) connection.send();
  }

  #take(): HttpConnection | undefined {
    if (this.#free.length > 0) {
      const nowMs = Date.now();
      for (let free = this.#free.pop(); free !== undefined; free = this.#free.pop()) {
        if (nowMs - free.sinceMs < lifetimeMs && nowMs < free.keptUntilMs) return free;
        void free.close();
      }
    }
    if (this.#all.size >= this.most) return undefined;
    const opened = new HttpConnection(this, this.connect, this.#target);
    this.#all.add(opened);
    return opened;
  }

  /** Closes what was not needed for as long as its server keeps it. */
  #look(): void {
    const nowMs = Date.now();
    for (const free of this.#free.filter(({ keptUntilMs }) => keptUntilMs <= nowMs)) void free.close();
    this.#looking = this.#free.length > 0 ? setTimeout(() => this.#look(), lookEveryMs).unref() : undefined;
  }
}
