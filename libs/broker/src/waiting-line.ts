import type { Delivery } from './message.js';
import type { Claim, QueueRef, QueueStore } from './redis/queue.store.js';

export interface ReceiveRequest {
  readonly max: number;
  /** 0 answers at once. */
  readonly waitMs: number;
  /** Undefined: the queue's own. */
  readonly leaseMs?: number | undefined;
  /** The client went away: nothing more is leased to it. */
  readonly signal?: AbortSignal | undefined;
}

export interface Received {
  readonly deadlineMs: number;
  readonly deliveries: readonly Delivery[];
}

export const nothingReceived: Received = { deadlineMs: 0, deliveries: [] };

type Claims = Pick<QueueStore, 'claim' | 'settle'>;

/** A wake can be missed while the subscription is being restored; those who wait look again after this. */
export const missedWakeMs = 10_000;

/** One consumer that waits. A time-out that strikes while a claim is under way takes effect after it. */
class Waiter {
  readonly promise: Promise<Received>;
  claiming = false;
  #over = false;
  #resolve!: (received: Received) => void;
  #reject!: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;

  constructor(
    readonly request: ReceiveRequest,
    private readonly leaveLine: (waiter: Waiter) => void,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#timer = setTimeout(this.giveUp, request.waitMs);
    request.signal?.addEventListener('abort', this.giveUp, { once: true });
  }

  get gone(): boolean {
    return this.request.signal?.aborted ?? false;
  }

  readonly giveUp = (): void => {
    this.#over = true;
    if (!this.claiming) this.answer(nothingReceived);
  };

  answer(received: Received): void {
    this.#end();
    this.#resolve(received);
  }

  fail(error: unknown): void {
    this.#end();
    this.#reject(error);
  }

  /** The claim found nothing. */
  stay(): void {
    if (this.#over) this.answer(nothingReceived);
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.request.signal?.removeEventListener('abort', this.giveUp);
    this.leaveLine(this);
  }
}

/**
 * The consumers of one queue that wait at this gateway, served first come, first served. A wake serves them one
 * after the other until the queue is empty, so a message does not set off a stampede of claims.
 */
export class WaitingLine {
  readonly #waiters = new Set<Waiter>();
  #serving = false;
  #again = false;
  #dueTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly queue: QueueRef,
    private readonly store: Claims,
    private readonly onEmpty: () => void,
    private readonly lookAgainMs = missedWakeMs,
  ) {}

  wait(request: ReceiveRequest): Promise<Received> {
    const waiter = new Waiter(request, (left) => this.#leave(left));
    this.#waiters.add(waiter);
    if (waiter.gone) waiter.giveUp();
    // A message may have come between the consumer's own claim and its place in the line.
    else this.serve();
    return waiter.promise;
  }

  serve(): void {
    this.#again = true;
    if (!this.#serving) void this.#serveAll();
  }

  release(): void {
    for (const waiter of [...this.#waiters]) waiter.giveUp();
  }

  async #serveAll(): Promise<void> {
    this.#serving = true;
    clearTimeout(this.#dueTimer);
    while (this.#again) {
      this.#again = false;
      const [first] = this.#waiters;
      if (first) await this.#serveOne(first);
    }
    this.#serving = false;
  }

  async #serveOne(waiter: Waiter): Promise<void> {
    waiter.claiming = true;
    let claim: Claim;
    try {
      claim = await this.store.claim(this.queue, waiter.request.max, waiter.request.leaseMs);
    } catch (error) {
      this.#again = true;
      waiter.fail(error);
      return;
    }
    waiter.claiming = false;
    if (claim.kind === 'claimed') {
      this.#again ||= claim.moreWaiting;
      if (waiter.gone) await this.#handBack(claim.deliveries);
      waiter.answer(claim);
      return;
    }
    if (!this.#again) this.#lookAgainIn(Math.min(claim.nextDueMs ?? this.lookAgainMs, this.lookAgainMs));
    waiter.stay();
  }

  /** The consumer hung up while its claim was under way: the next one should not have to wait for the lease to end. */
  async #handBack(deliveries: readonly Delivery[]): Promise<void> {
    const settlements = deliveries.map(({ position, deliveries: count }) => ({ action: 'release' as const, receipt: { position, deliveries: count }, delayMs: 0 }));
    // When this fails too, the leases end by themselves.
    await this.store.settle(this.queue, settlements).catch(() => undefined);
  }

  #lookAgainIn(delayMs: number): void {
    clearTimeout(this.#dueTimer);
    this.#dueTimer = setTimeout(() => this.serve(), Math.max(1, delayMs));
  }

  #leave(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    if (this.#waiters.size > 0) return;
    clearTimeout(this.#dueTimer);
    this.onEmpty();
  }
}
