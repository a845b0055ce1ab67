import type { Answer } from '../destination.js';
import type { PushAlert } from '../attempts/attempt-reader.js';
import type { DisabledReason, Subscription } from '../subscription.js';
import { afterAnswer, alertDue, callsAllowed, encodeState, stateFor } from './endpoint-state.js';
import type { EndpointState } from './endpoint-state.js';
import type { PushParts } from './push-ports.js';
import { answerText } from './schedule.js';

type WatchParts = Pick<PushParts, 'health' | 'alerts' | 'notices' | 'meter' | 'clock' | 'logger'>;

/** Watches how one destination does: opens its circuit, slows it down, raises alerts, disables it. */
export class EndpointWatch {
  #state: EndpointState;
  #disabled = false;
  readonly #writes = new Set<Promise<void>>();

  /** `stateText`: as the last worker left it. */
  constructor(
    private subscription: Subscription,
    stateText: string | null,
    private readonly parts: WatchParts,
  ) {
    this.#state = stateFor(subscription, stateText);
  }

  /** No more calls: it is being disabled. */
  get disabled(): boolean {
    return this.#disabled;
  }

  /** The circuit was open, and nothing has succeeded since: one call at a time. */
  get probing(): boolean {
    return this.#state.openUntilMs > 0;
  }

  allowed(nowMs: number): { readonly calls: number; readonly fromMs: number } {
    return callsAllowed(this.#state, this.subscription.delivery.concurrency, nowMs);
  }

  change(subscription: Subscription): void {
    this.subscription = subscription;
    this.#state = stateFor(subscription, encodeState(this.#state));
  }

  /** Takes note of an answer. Returns the state to be kept; null when it is what it was. */
  answered(answer: Answer, startedAtMs: number, nowMs: number): string | null {
    const before = this.#state;
    let state = afterAnswer(before, this.subscription, answer, startedAtMs, nowMs);
    if (answer.outcome === 'gone') {
      this.#disable('gone', { percent: 100, failingSinceMs: nowMs, lastAnswer: answerText(answer) });
      state = { ...state, alerted: 100 };
    }
    state = this.#withAlert(state, nowMs);
    state = this.#withReport(before, state);
    this.#state = state;
    return state === before ? null : encodeState(state);
  }

  /** Resolves when what was to be written is written. */
  async written(): Promise<void> {
    await Promise.all(this.#writes);
  }

  #withAlert(state: EndpointState, nowMs: number): EndpointState {
    if (state.lastFailureMs !== nowMs) return state;
    const percent = alertDue(state, this.subscription.delivery.disableAfterMs, nowMs);
    if (percent === null) return state;
    const alert = { percent, failingSinceMs: state.failingSinceMs ?? nowMs, lastAnswer: state.lastAnswer };
    if (percent === 100) this.#disable('failing', alert);
    else this.#raise('failing', alert);
    return { ...state, alerted: percent };
  }

  /** The definition says since when it fails, once the circuit opened: a failure now and then is not worth a change of it. */
  #withReport(before: EndpointState, state: EndpointState): EndpointState {
    const { id, namespaceId } = this.subscription;
    if (before.openUntilMs === 0 && state.openUntilMs > 0) {
      this.parts.logger.warn('subscription.circuit_opened', { subscriptionId: id, namespaceId, failures: state.failures, lastAnswer: state.lastAnswer });
    }
    if (before.openUntilMs > 0 && state.openUntilMs === 0) this.parts.logger.info('subscription.circuit_closed', { subscriptionId: id, namespaceId });
    const failing = state.failingSinceMs !== null && (state.openUntilMs > 0 || state.reported);
    if (failing === state.reported) return state;
    this.#write('subscription.failing_not_noted', () => this.parts.health.failing(this.subscription, failing ? state.failingSinceMs : null));
    return { ...state, reported: failing };
  }

  #disable(reason: DisabledReason, alert: Pick<PushAlert, 'percent' | 'failingSinceMs' | 'lastAnswer'>): void {
    if (this.#disabled) return;
    this.#disabled = true;
    const { id, namespaceId } = this.subscription;
    this.parts.logger.warn('subscription.disabled', { subscriptionId: id, namespaceId, reason, lastAnswer: alert.lastAnswer });
    this.#write('subscription.disable_failed', () => this.parts.health.disable(this.subscription, reason));
    this.#raise(reason, alert);
  }

  #raise(reason: DisabledReason, facts: Pick<PushAlert, 'percent' | 'failingSinceMs' | 'lastAnswer'>): void {
    const { subscription } = this;
    const alert: PushAlert = { subscriptionId: subscription.id, reason, raisedAtMs: this.parts.clock.nowMs(), ...facts };
    this.#write('subscription.alert_not_recorded', async () => {
      if (!(await this.parts.alerts.addAlert(subscription.namespaceId, alert))) return;
      this.parts.meter.alerted(alert.percent);
      this.parts.logger.warn('subscription.alert_raised', { subscriptionId: subscription.id, namespaceId: subscription.namespaceId, reason, percent: alert.percent, failingSinceMs: alert.failingSinceMs, lastAnswer: alert.lastAnswer });
      await this.parts.notices.notify(subscription, alert);
    });
  }

  /** What the database does not take now is said again by a later failure, or is seen in the log. */
  #write(event: string, work: () => Promise<void>): void {
    const { id, namespaceId } = this.subscription;
    const written = work()
      .catch((error: unknown) => this.parts.logger.error(event, { subscriptionId: id, namespaceId, error: error as Error }))
      .finally(() => this.#writes.delete(written));
    this.#writes.add(written);
  }
}
