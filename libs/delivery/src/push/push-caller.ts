import type { PushSettlement } from '@waybill/broker';
import type { AttemptFacts } from '../attempts/attempt.js';
import { deliveredHeadBytes } from '../attempts/attempt.js';
import type { Answer, OutgoingMessage, Sender } from '../destination.js';
import { answerHeadBytes } from '../destination.js';
import type { Subscription } from '../subscription.js';
import { CallGuard } from './call-guard.js';
import type { EndpointWatch } from './endpoint-watch.js';
import type { Held } from './held-messages.js';
import { outgoingOf, publishedAtMs } from './outgoing.js';
import type { PushParts } from './push-ports.js';
import { nextStep } from './schedule.js';
import type { SettleLane } from './settle-lane.js';

const requestIdCharacters = 200;
const noAnswer = { status: null, head: new Uint8Array(), requestId: null, retryAfterMs: null } as const;
const notOpened = { ...noAnswer, outcome: 'refused', reason: 'destination_not_opened' } as const;

/** A call under way. */
interface UnderWay {
  readonly messages: readonly Held[];
  /** As it was when the call began. */
  readonly subscription: Subscription;
  readonly startedAtMs: number;
  /** By performance.now(). */
  readonly startMs: number;
  called: boolean;
  /** It has been answered, or given up. */
  over: boolean;
}

/** Makes calls of one subscription and settles their messages by the answer. */
export class PushCaller {
  readonly #abort = new AbortController();
  readonly #guard = new CallGuard();
  inFlight = 0;

  constructor(
    public subscription: Subscription,
    private readonly watch: EndpointWatch,
    private readonly lane: SettleLane,
    private readonly parts: PushParts,
  ) {}

  /** Gives up the calls under way: their messages go back, and what was sent may have arrived. */
  abort(): void {
    this.#abort.abort();
    this.#guard.abort();
  }

  /** One call with these messages. `ended` is told when its results are on their way to the store, with the time it took, ms; once, and it must not fail. */
  call(messages: readonly Held[], ended: (durationMs: number) => void): void {
    const { subscription } = this;
    const call: UnderWay = { messages, subscription, startedAtMs: this.parts.clock.nowMs(), startMs: performance.now(), called: false, over: false };
    this.inFlight += 1;
    const guarded = this.#guard.begin(subscription.delivery.timeoutMs, () => ended(this.#end(call, this.#late(call))));
    const answered = (answer: Answer): void => {
      if (call.over) return;
      this.#guard.end(guarded);
      ended(this.#end(call, answer));
    };
    this.#answer(call).then(answered, (error: unknown) => answered(this.#notMade(subscription, error)));
  }

  /** Puts what came of a call on its way to the store. */
  #end(call: UnderWay, answer: Answer): number {
    const { messages, startedAtMs } = call;
    const { parts } = this;
    call.over = true;
    const durationMs = performance.now() - call.startMs;
    this.inFlight -= 1;
    const aborted = this.#abort.signal.aborted && answer.outcome !== 'delivered';
    const state = aborted ? null : this.watch.answered(answer, startedAtMs, parts.clock.nowMs());
    parts.meter.called(answer.outcome, durationMs);
    for (const { tries, delivery } of messages) if (tries === 0) parts.meter.waited(startedAtMs - publishedAtMs(delivery));
    this.lane.add(
      {
        settlements: messages.map((held) => (aborted ? back(held, 0) : this.#settlementOf(held, answer))),
        attempts: messages.map((held, i) => factsOf(held, answer, { startedAtMs, durationMs, batchIndex: i, batchMessages: messages.length })),
        called: answer.outcome !== 'refused',
      },
      state,
    );
    return durationMs;
  }

  /** A destination that does not keep its time-out has failed; one that was not even open by then was not called. */
  #late({ subscription, called }: UnderWay): Answer {
    this.parts.logger.error('push.call_never_answered', { subscriptionId: subscription.id, namespaceId: subscription.namespaceId, kind: subscription.kind, called });
    return called ? { ...noAnswer, outcome: 'failed', reason: 'timeout' } : notOpened;
  }

  #notMade({ id, namespaceId }: Subscription, error: unknown): Answer {
    this.parts.logger.error('push.call_not_made', { subscriptionId: id, namespaceId, error: error as Error });
    return notOpened;
  }

  /** Nearly always the destination is open and the bodies are here: a promise for nothing would cost as much as the rest of this. */
  #answer(call: UnderWay): Promise<Answer> {
    const { messages } = call;
    try {
      const opened = this.parts.senders.open(call.subscription);
      if (opened instanceof Promise || messages.some(isOutside)) return this.#answerLater(call, opened);
      return this.#send(call, opened, messages.map(({ delivery }) => outgoingOf(delivery, delivery.body)));
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  async #answerLater(call: UnderWay, opened: Sender | Promise<Sender>): Promise<Answer> {
    const sender = await opened;
    const outgoing = await this.#outgoing(call.messages);
    if (outgoing === undefined) return { ...noAnswer, outcome: 'refused', reason: 'body_missing' };
    return call.over ? notOpened : this.#send(call, sender, outgoing);
  }

  #send(call: UnderWay, sender: Sender, messages: readonly OutgoingMessage[]): Promise<Answer> {
    call.called = true;
    const attempt = call.messages.reduce((most, { tries }) => Math.max(most, tries), 0) + 1;
    return sender.send({ messages, attempt, nowMs: call.startedAtMs, timeoutMs: call.subscription.delivery.timeoutMs, signal: this.#abort.signal });
  }

  /** Undefined when the body of one is not there. */
  async #outgoing(messages: readonly Held[]): Promise<OutgoingMessage[] | undefined> {
    const outgoing: OutgoingMessage[] = [];
    for (const held of messages) {
      const body = isOutside(held) ? await this.parts.bodies(held.delivery) : held.delivery.body;
      if (body === undefined) return undefined;
      outgoing.push(outgoingOf(held.delivery, body));
    }
    return outgoing;
  }

  #settlementOf(held: Held, answer: Answer): PushSettlement {
    const { receipt } = held.delivery;
    const tried = held.tries > 0;
    if (answer.outcome === 'delivered') return { action: 'accept', receipt, tried };
    // It stays, for the day on which the subscription is enabled again.
    if (answer.outcome === 'gone') return back(held, 0);
    const attempts = held.tries + 1;
    const next = nextStep(this.subscription.delivery, attempts, answer, this.parts.random());
    if (next.step === 'dead') return { action: 'reject', receipt, reason: next.reason, tried };
    return { action: 'again', receipt, delayMs: next.delayMs, tries: String(attempts) };
  }
}

function factsOf({ delivery, tries }: Held, answer: Answer, facts: { startedAtMs: number; durationMs: number; batchIndex: number; batchMessages: number }): AttemptFacts {
  const { outcome, status, reason, requestId, head } = answer;
  const headBytes = outcome === 'delivered' ? deliveredHeadBytes : answerHeadBytes;
  return {
    messageId: delivery.id, attempt: tries + 1, startedAtMs: facts.startedAtMs, durationMs: Math.max(0, Math.round(facts.durationMs)), outcome, status, reason,
    requestId: requestId === null ? null : requestId.slice(0, requestIdCharacters), head: head.length > headBytes ? head.subarray(0, headBytes) : head,
    batchIndex: facts.batchIndex, batchMessages: facts.batchMessages,
  };
}

const isOutside = ({ delivery: { properties } }: Held): boolean => properties.storedBody !== undefined;
const back = ({ delivery: { receipt } }: Held, delayMs: number): PushSettlement => ({ action: 'again', receipt, delayMs, tries: null });
