import { WaybillError } from '@waybill/kernel';
import type { NamespaceId } from '@waybill/kernel';
import type { StreamOutlet, StreamSession } from './stream-session.js';

/** Streams at one gateway, and of one namespace among them: each holds a connection and a place in memory. */
export const streamLimits = { gateway: 5_000, namespace: 1_000 } as const;
/** How often the streams' credentials are looked at; a revocation must be seen within five seconds. */
const checkMs = 3_000;
/** A beat every so many checks: 15 seconds. */
const checksPerBeat = 5;

interface Open {
  readonly session: StreamSession;
  readonly outlet: StreamOutlet;
  /** Fails when the credentials are no longer valid. */
  readonly readmit: () => unknown;
  readonly done: Promise<void>;
}

/** The streams that are open at this gateway. */
export class StreamRegistry {
  readonly #open = new Set<Open>();
  readonly #perNamespace = new Map<NamespaceId, number>();
  #timer: NodeJS.Timeout | undefined;
  #draining = false;
  #checks = 0;

  get size(): number {
    return this.#open.size;
  }

  /** Fails with `gateway_overloaded` or `limit_reached` when there is no room for another stream of the namespace. */
  admit(ns: NamespaceId): void {
    if (this.#draining || this.#open.size >= streamLimits.gateway) throw new WaybillError('gateway_overloaded', { retryAfterSeconds: 1 });
    if ((this.#perNamespace.get(ns) ?? 0) >= streamLimits.namespace) throw new WaybillError('limit_reached', { resource: 'streams', limit: streamLimits.namespace });
  }

  /** Starts a stream and looks after it until it ends. */
  run(session: StreamSession, outlet: StreamOutlet, readmit: () => unknown): void {
    const { ns } = session.request;
    this.#perNamespace.set(ns, (this.#perNamespace.get(ns) ?? 0) + 1);
    const open: Open = { session, outlet, readmit, done: session.run().then(() => this.#leave(open)) };
    this.#open.add(open);
    this.#timer ??= setInterval(() => this.check(), checkMs).unref();
    // The gateway began to stop between the request and its upgrade.
    if (this.#draining) session.end('drained');
  }

  /** After the connection to the wake channel was lost: notices of settlements may have been missed. */
  recount(ns: NamespaceId): void {
    for (const { session } of this.#open) {
      // A store that is still away is asked again when the credit is used up.
      if (session.request.ns === ns) session.recount().catch(() => undefined);
    }
  }

  /** Ends streams whose credentials are no longer valid or whose client is gone; every fifth time shows the others that they live. */
  check(): void {
    this.#checks += 1;
    const beat = this.#checks % checksPerBeat === 0;
    for (const { session, outlet, readmit } of this.#open) {
      void this.#readmitted(session, readmit);
      if (beat && !session.ended && !outlet.beat()) session.end('left');
    }
  }

  /** Tells every client, releases what they hold; resolves when all is done. No stream starts any more. */
  async drain(): Promise<void> {
    this.#draining = true;
    clearInterval(this.#timer);
    for (const { session } of this.#open) session.end('drained');
    await Promise.all([...this.#open].map(({ done }) => done));
  }

  async #readmitted(session: StreamSession, readmit: () => unknown): Promise<void> {
    try {
      await readmit();
    } catch (error) {
      // A store that is away says nothing about the credentials.
      if (error instanceof WaybillError && !error.retryable) session.end('refused', error);
    }
  }

  #leave(open: Open): void {
    this.#open.delete(open);
    const { ns } = open.session.request;
    const left = (this.#perNamespace.get(ns) ?? 1) - 1;
    if (left > 0) this.#perNamespace.set(ns, left);
    else this.#perNamespace.delete(ns);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
