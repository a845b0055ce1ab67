import type { Delivery } from './message.js';
import type { AcceptOutcome, Claim, ClaimRequest, QueueRef, QueueStore } from './redis/queue.store.js';

export interface ReceiveRequest extends ClaimRequest {
  /** 0 answers at once. */
  readonly waitMs: number;
  /** The client went away: nothing more is leased to it. */
  readonly signal?: AbortSignal | undefined;
}

export interface Received {
  readonly deadlineMs: number;
  readonly deliveries: readonly Delivery[];
  /** The queue hands nothing out now. */
  readonly paused: boolean;
  /** Of the receipts to accept, in order. */
  readonly outcomes: readonly AcceptOutcome[];
}

export const nothingReceived: Received = { deadlineMs: 0, deliveries: [], paused: false, outcomes: [] };

type Claims = Pick<QueueStore, 'claim' | 'settle'>;

/** A wake can be missed while the subscription is being restored; those who wait look again after this. */
export const missedWakeMs = 10_000;

/** Claims under way at once for one queue. */
const mostAtOnce = 8;

/** The consumer hung up while its claim was under way: the next one should not have to wait for the lease to end. */
export async function handBack(store: Pick<QueueStore, 'settle'>, queue: QueueRef, deliveries: readonly Delivery[]): Promise<void> {
  if (deliveries.length === 0) return;
  const settlements = deliveries.map(({ receipt }) => ({ action: 'release' as const, receipt, delayMs: 0 }));
  // When this fails too, the leases end by themselves.
  await store.settle(queue, settlements).catch(() => undefined);
}

/** One consumer that waits. A time-out that strikes while a claim is under way takes effect after it. */
class Waiter {
  readonly promise: Promise<Received>;
  claiming = false;
  #over = false;
  #paused = false;
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
    if (!this.claiming) this.answer({ ...nothingReceived, paused: this.#paused });
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
  stay(paused: boolean): void {
    this.#paused = paused;
    if (this.#over) this.giveUp();
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.request.signal?.removeEventListener('abort', this.giveUp);
    this.leaveLine(this);
  }
}

/**
 * The consumers of one queue that wait at this gateway, served first come, first served: one after the other until the
 * queue is empty, so that a message does not set off a stampede of claims; several at once while there is plenty.
 */
export class WaitingLine {
  readonly #waiters = new Set<Waiter>();
  #claims = 0;
  /** Something may be there that no claim under way has seen. */
  #again = false;
  /** The last claim left messages waiting. */
  #plenty = false;
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
    else this.serve();
    return waiter.promise;
  }

  serve(): void {
    this.#again = true;
    this.#claimOn();
  }

  release(): void {
    for (const waiter of [...this.#waiters]) waiter.giveUp();
  }

  #claimOn(): void {
    for (const waiter of this.#waiters) {
      if (!this.#again || this.#claims >= (this.#plenty ? mostAtOnce : 1)) return;
      if (waiter.claiming) continue;
      // While there is plenty, the next in line need not wait for what this claim finds.
      this.#again = this.#plenty;
      void this.#serveOne(waiter);
    }
  }

  async #serveOne(waiter: Waiter): Promise<void> {
    clearTimeout(this.#dueTimer);
    waiter.claiming = true;
    this.#claims += 1;
    let claim: Claim | undefined;
    try {
      claim = await this.store.claim(this.queue, waiter.request);
    } catch (error) {
      waiter.fail(error);
    }
    waiter.claiming = false;
    this.#claims -= 1;
    this.#plenty = claim?.kind === 'claimed' && claim.moreWaiting;
    if (this.#plenty || claim === undefined) this.#again = true;
    if (claim?.kind === 'claimed') {
      if (waiter.gone) await handBack(this.store, this.queue, claim.deliveries);
      waiter.answer({ ...claim, paused: false });
    } else if (claim) this.#stay(waiter, claim);
    this.#claimOn();
  }

  /** Nothing for this one now. On a queue with a single active consumer it may be another one's turn. */
  #stay(waiter: Waiter, claim: Extract<Claim, { kind: 'empty' }>): void {
    if (!this.#again) this.#lookAgainIn(Math.min(claim.nextDueMs ?? this.lookAgainMs, this.lookAgainMs));
    waiter.stay(claim.paused);
    if (claim.activeConsumer === undefined) return;
    const holder = [...this.#waiters].find(({ request, claiming }) => !claiming && request.consumer === claim.activeConsumer);
    if (holder && holder !== waiter) void this.#serveOne(holder);
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
