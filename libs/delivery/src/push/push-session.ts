import type { PushRef } from '@waybill/broker';
import type { Subscription } from '../subscription.js';
import type { ActiveSubscription } from '../subscriptions/subscription-feed.js';
import { CallShares } from './call-shares.js';
import type { ShareHolder } from './call-shares.js';
import { EndpointWatch } from './endpoint-watch.js';
import { HeldMessages } from './held-messages.js';
import type { Held } from './held-messages.js';
import { Intake, outOfTime } from './intake.js';
import { publishedAtMs } from './outgoing.js';
import { PushCaller } from './push-caller.js';
import type { PushParts } from './push-ports.js';
import { RateLimiter } from './rate-limiter.js';
import { firstDelayMs } from './schedule.js';
import { SettleLane } from './settle-lane.js';

/**
 * How a worker's turn with a subscription ended. `idle`: nothing is left to do now. `later`: not before a moment, ms since the
 * epoch. `leave`: there is more, for whoever comes next. `stop`: somebody else has it, or nobody should.
 */
export type TurnEnd = { readonly end: 'idle' | 'leave' | 'stop' } | { readonly end: 'later'; readonly atMs: number };

/** A queue that ran empty keeps its worker so long, so that a steady trickle costs no job for each message. */
const lingerMs = 2_000;
/** A tenant that has not paid for long: its subscriptions are looked at again so often, because it may pay at any time. */
const overdueLookMs = 10_000;
/** Longest time a turn waits for a moment it knows, with nothing else to do. */
const longestWaitMs = 5_000;
/** Results the store has not answered, beyond which nothing is sent. */
const mostUnsettled = 512;

/**
 * One worker's turn with one subscription: it claims, sends and settles until nothing is left. Everything happens in
 * `#pump`, which is called whenever something changed and starts what may start.
 */
export class PushSession implements ShareHolder {
  readonly #held = new HeldMessages();
  readonly #intake: Intake;
  readonly #lane: SettleLane;
  readonly #caller: PushCaller;
  readonly #rate: RateLimiter;
  readonly #done = Promise.withResolvers<TurnEnd>();
  #subscription: Subscription;
  #ending: TurnEnd | undefined;
  #untimed: () => void = () => undefined;
  /** When the timer fires, ms since the epoch. */
  #pumpsMs = Number.POSITIVE_INFINITY;
  #idleSinceMs: number | undefined;
  /** The last look before leaving is made. */
  #leaving = false;
  #finished = false;
  #missedWake = false;
  #enabledLate = false;

  private constructor(
    subscription: Subscription,
    run: number,
    private readonly watch: EndpointWatch,
    private readonly shares: CallShares,
    private readonly parts: PushParts,
  ) {
    this.#subscription = subscription;
    const ref = refOf(subscription);
    this.#intake = new Intake(ref, run, this.#held, parts);
    this.#lane = new SettleLane(ref, run, parts, ({ run: newest, waitingBytes, outcomes }, settlements) => {
      for (const settlement of settlements) if (settlement.action === 'again') this.#intake.returns(settlement.delayMs);
      this.#intake.waitingBytes = waitingBytes;
      if (newest > run || outcomes === 'queue_gone') this.#ending ??= { end: 'stop' };
      this.#pump();
    });
    this.#caller = new PushCaller(subscription, watch, this.#lane, parts);
    this.#rate = new RateLimiter(subscription.delivery.ratePerSecond, parts.clock.nowMs());
  }

  /** Takes the subscription over from whoever had it. Fails as the store does. */
  static async begin({ subscription }: ActiveSubscription, shares: CallShares, parts: PushParts): Promise<PushSession> {
    const { run, state } = await parts.queues.begin(refOf(subscription));
    const session = new PushSession(subscription, run, new EndpointWatch(subscription, state, parts), shares, parts);
    session.#pump();
    return session;
  }

  get tenantId(): string {
    return this.#subscription.tenantId;
  }

  get subscriptionId(): string {
    return this.#subscription.id;
  }

  get inFlight(): number {
    return this.#caller.inFlight;
  }

  /** Of the oldest message that waits here for a call, ms; 0 when none does. */
  oldestWaitMs(nowMs: number): number {
    const { first } = this.#held;
    return first === undefined ? 0 : Math.max(0, nowMs - publishedAtMs(first.delivery));
  }

  get ended(): Promise<TurnEnd> {
    return this.#done.promise;
  }

  /** Whether the queue got something when it was too late to look. */
  get missedWake(): boolean {
    return this.#missedWake;
  }

  /** Whether it was enabled again while the turn that disabled it was ending: nobody else was told. */
  get enabledLate(): boolean {
    return this.#enabledLate;
  }

  /** The queue got something. */
  wake(): void {
    this.#missedWake ||= this.#finished;
    this.#leaving = false;
    this.#intake.wake();
    this.#pump();
  }

  /** It was changed; null: it must not be worked on any more. */
  change(active: ActiveSubscription | null): void {
    this.#enabledLate = active !== null && this.#ending?.end === 'stop';
    if (active === null) {
      this.end({ end: 'stop' });
      return;
    }
    const { subscription } = active;
    const moved = subscription.queueId !== this.#subscription.queueId;
    this.#subscription = subscription;
    this.#caller.subscription = subscription;
    this.#rate.perSecond = subscription.delivery.ratePerSecond;
    this.watch.change(subscription);
    if (moved) this.end({ end: 'leave' });
    else this.#pump();
  }

  /** No new call; messages that were not sent go back, calls under way are waited for. */
  end(how: TurnEnd): void {
    this.#ending ??= how;
    this.#pump();
  }

  /** Gives up the calls under way: what they sent may have arrived. */
  abort(): void {
    this.#caller.abort();
  }

  /** Gives up what the store does not take: the leases end by themselves. */
  giveUp(): void {
    this.#lane.close();
  }

  retry(): void {
    this.#pump();
  }

  #pump(): void {
    if (this.#finished) return;
    if (this.watch.disabled) this.#ending ??= { end: 'stop' };
    if (this.#ending !== undefined) {
      this.#windUp(this.#ending);
      return;
    }
    const nowMs = this.parts.clock.nowMs();
    const { calls, fromMs } = this.watch.allowed(nowMs);
    if (calls === 0) {
      this.#giveBack(this.#held.take(Number.POSITIVE_INFINITY));
      if (fromMs - nowMs > longestWaitMs) this.end({ end: 'later', atMs: fromMs });
      else this.#pumpIn(fromMs - nowMs);
      return;
    }
    const sendInMs = this.#send(calls, nowMs);
    const claimInMs = this.#claim(calls, nowMs);
    this.#wait(sendInMs, claimInMs, nowMs);
  }

  /** Begins the calls that may begin. Returns in how many ms the next one may; undefined when that hangs on something else. */
  #send(calls: number, nowMs: number): number | undefined {
    const { batchMessages, batchWaitMs, timeoutMs } = this.#subscription.delivery;
    while (this.#held.first !== undefined && this.inFlight < calls && this.#lane.pending < mostUnsettled) {
      if (this.#returned(this.#held.first, timeoutMs, nowMs)) continue;
      const batchInMs = this.#held.size < batchMessages ? this.#held.first.claimedMs + batchWaitMs - nowMs : 0;
      const waitMs = Math.max(this.#rate.waitMs(nowMs), batchInMs);
      if (waitMs > 0) return waitMs;
      const weight = CallShares.weightOf(this.#held.next(batchMessages).reduce((bytes, { delivery }) => bytes + delivery.body.length, 0));
      if (!this.shares.take(this, weight)) return longestWaitMs;
      this.#rate.take(nowMs);
      this.#call(this.#held.take(batchMessages), weight);
    }
    return undefined;
  }

  #call(messages: readonly Held[], weight: number): void {
    this.#caller.call(messages, (durationMs) => {
      this.#held.called(durationMs);
      this.shares.give(this, weight);
      this.#pump();
    });
  }

  /** Puts a message back whose first attempt is not due, or whose lease might end before the answer came. */
  #returned(held: Held, timeoutMs: number, nowMs: number): boolean {
    const delayMs = held.tries === 0 ? firstDelayMs(this.#subscription.delivery, publishedAtMs(held.delivery), nowMs) : 0;
    if (delayMs === 0 && !outOfTime(held, timeoutMs, nowMs)) return false;
    this.#giveBack(this.#held.take(1), delayMs);
    return true;
  }

  #giveBack(messages: readonly Held[], delayMs = 0): void {
    if (messages.length === 0) return;
    this.#lane.add({ settlements: messages.map(({ delivery }) => ({ action: 'again', receipt: delivery.receipt, delayMs, tries: null })), attempts: [], called: false });
  }

  /** Claims when that makes sense. Returns in how many ms it does; undefined when that hangs on something else. */
  #claim(calls: number, nowMs: number): number | undefined {
    const { batchMessages, ratePerSecond } = this.#subscription.delivery;
    const inMs = this.#intake.claimInMs(nowMs);
    if (inMs !== 0) return inMs;
    if (this.#lane.pending >= mostUnsettled || (this.watch.probing && this.#held.size + this.inFlight > 0)) return undefined;
    const max = this.#held.wanted(calls - this.inFlight, calls, batchMessages, ratePerSecond);
    if (max > 0) void this.#claimUpTo(this.watch.probing ? Math.min(max, batchMessages) : max);
    return undefined;
  }

  async #claimUpTo(max: number): Promise<void> {
    const taken = await this.#intake.claim(max, this.#subscription.delivery);
    if (taken === 'superseded' || taken === 'queue_gone') this.#ending ??= { end: 'stop' };
    if (taken === 'payment_overdue') this.#ending ??= { end: 'later', atMs: this.parts.clock.nowMs() + overdueLookMs };
    this.#pump();
  }

  /** Sets the timer for the next moment known, or ends the turn when nothing is left to do. */
  #wait(sendInMs: number | undefined, claimInMs: number | undefined, nowMs: number): void {
    const { claiming, again } = this.#intake;
    if (claiming || again || this.inFlight > 0 || this.#held.size > 0 || this.#lane.pending > 0) {
      if (this.inFlight > 0 || this.#held.size > 0) this.#leaving = false;
      this.#idleSinceMs = undefined;
      this.#pumpIn(Math.min(sendInMs ?? longestWaitMs, claimInMs ?? longestWaitMs));
      return;
    }
    if (claimInMs !== undefined && claimInMs <= longestWaitMs) {
      this.#pumpIn(claimInMs);
      return;
    }
    this.#idleSinceMs ??= nowMs;
    const restInMs = this.#idleSinceMs + lingerMs - nowMs;
    if (this.#leaving) this.end({ end: 'idle' });
    else if (restInMs > 0) this.#pumpIn(restInMs);
    else {
      // A wake can be lost: one look before leaving.
      this.#leaving = true;
      this.#intake.wake();
      this.#pump();
    }
  }

  /** To be called too early does no harm: a timer that fires before is left as it is. */
  #pumpIn(ms: number): void {
    const { clock, timers } = this.parts;
    const waitMs = Math.max(1, ms);
    const atMs = clock.nowMs() + waitMs;
    if (atMs >= this.#pumpsMs) return;
    this.#pumpsMs = atMs;
    this.#untimed();
    this.#untimed = timers.after(waitMs, () => {
      this.#pumpsMs = Number.POSITIVE_INFINITY;
      this.#pump();
    });
  }

  #windUp(how: TurnEnd): void {
    this.#giveBack(this.#held.take(Number.POSITIVE_INFINITY));
    if (this.#intake.claiming || this.inFlight > 0) return;
    this.#finished = true;
    this.#untimed();
    this.shares.leave(this);
    void Promise.all([this.#lane.drained(), this.watch.written()]).then(() => this.#done.resolve(how));
  }
}

function refOf({ id, namespaceId, queueId, queue }: Subscription): PushRef {
  return { subscriptionId: id, queue: { ns: namespaceId, id: queueId, name: queue } };
}
