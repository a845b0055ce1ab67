import type { SubscriptionId } from '@waybill/kernel';
import type { ActiveSubscription } from '../subscriptions/subscription-feed.js';
import { CallShares } from './call-shares.js';
import type { PushJobs, PushParts } from './push-ports.js';
import { PushSession } from './push-session.js';
import type { TurnEnd } from './push-session.js';
import { WakeThrottle } from './wake-throttle.js';

/** What one process sends at once, in calls; bodies weigh (call-shares.ts). */
const callUnits = 4_096;
/** How long other workers' subscriptions are not woken again. */
const wakeEveryMs = 500;
/** After so long a turn ends when subscriptions wait for somebody. */
const turnMs = 10_000;

/** What the engine knows subscriptions from; SubscriptionDirectory is one. */
export interface KnownSubscriptions {
  get(id: SubscriptionId): ActiveSubscription | undefined;
  onQueue(queueId: string): Iterable<SubscriptionId>;
  refresh(): Promise<void>;
}

export interface PushFigures {
  readonly sessions: number;
  readonly inFlight: number;
  /** Of the oldest message that is held and waits for a call. */
  readonly oldestWaitMs: number;
}

/** All turns of one process. */
export class PushEngine {
  readonly #sessions = new Map<SubscriptionId, PushSession>();
  readonly #shares = new CallShares(callUnits);
  readonly #throttle: WakeThrottle;
  #stopping = false;

  constructor(
    private readonly known: KnownSubscriptions,
    private readonly jobs: PushJobs,
    private readonly parts: PushParts,
  ) {
    this.#throttle = new WakeThrottle(wakeEveryMs, (id) => this.#wakeJob(id));
  }

  /** Works on one subscription until nothing is left, or somebody else should. Fails when the store cannot be reached at the start. */
  async turn(id: SubscriptionId): Promise<TurnEnd> {
    if (this.#stopping) return { end: 'leave' };
    if (this.known.get(id) === undefined) await this.known.refresh();
    const active = this.known.get(id);
    if (active === undefined) return { end: 'stop' };
    // A job that lost its lock may come back to the process that still has it.
    this.#sessions.get(id)?.end({ end: 'stop' });
    const session = await PushSession.begin(active, this.#shares, this.parts);
    this.#sessions.set(id, session);
    // What changed while it began.
    const now = this.known.get(id);
    if (now !== active) session.change(now ?? null);
    if (this.#stopping) session.end({ end: 'leave' });
    const turns = setInterval(() => void this.#makeRoom(session), turnMs);
    try {
      const end = await session.ended;
      return (await this.#missedSomething(session, end)) ? { end: 'leave' } : end;
    } finally {
      clearInterval(turns);
      if (this.#sessions.get(id) === session) this.#sessions.delete(id);
    }
  }

  /** Queues that got work; those nobody here works on get a job. */
  wake(queueIds: readonly string[]): void {
    for (const queueId of queueIds) for (const id of this.known.onQueue(queueId)) this.wakeSubscription(id);
  }

  wakeSubscription(id: SubscriptionId): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) session.wake();
    else if (!this.#stopping) this.#throttle.heard(id);
  }

  /** A subscription is active, or was changed, or is not active any more. */
  change(id: SubscriptionId, active: ActiveSubscription | null): void {
    this.#sessions.get(id)?.change(active);
    if (active === null || this.#sessions.has(id) || this.#stopping) return;
    this.jobs.hasten(id).catch((error: unknown) => this.parts.logger.warn('push.wake_failed', { subscriptionId: id, error: error as Error }));
  }

  figures(): PushFigures {
    const nowMs = this.parts.clock.nowMs();
    let [inFlight, oldestWaitMs] = [0, 0];
    for (const session of this.#sessions.values()) {
      inFlight += session.inFlight;
      oldestWaitMs = Math.max(oldestWaitMs, session.oldestWaitMs(nowMs));
    }
    return { sessions: this.#sessions.size, inFlight, oldestWaitMs };
  }

  /**
   * No new calls; those under way may end within `graceMs`, then they are given up and their messages go back. Resolves when
   * every turn has ended.
   */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#throttle.stop();
    const sessions = [...this.#sessions.values()];
    for (const session of sessions) session.end({ end: 'leave' });
    const { timers } = this.parts;
    const patient = timers.after(graceMs, () => {
      for (const session of sessions) session.abort();
    });
    const hopeful = timers.after(graceMs + 3_000, () => {
      for (const session of sessions) session.giveUp();
    });
    await Promise.all(sessions.map(({ ended }) => ended));
    patient();
    hopeful();
  }

  /** Whether the session was told of work when it could not take it any more. */
  async #missedSomething(session: PushSession, { end }: TurnEnd): Promise<boolean> {
    if (end === 'idle') return session.missedWake;
    if (end !== 'stop') return false;
    // What disabled it is written by now; a change that came after it is heard before this session is forgotten.
    await this.known.refresh();
    return session.enabledLate;
  }

  #wakeJob(id: SubscriptionId): void {
    // What is lost here is found by the sweep.
    this.jobs.wake(id).catch((error: unknown) => this.parts.logger.warn('push.wake_failed', { subscriptionId: id, error: error as Error }));
  }

  async #makeRoom(session: PushSession): Promise<void> {
    if (await this.jobs.crowded().catch(() => false)) session.end({ end: 'leave' });
  }
}
