import type { FailedCount, MarkedNamespaces, MessageLocator, MessageTask, PushRetries, QueueRef, TaskStore } from '@waybill/broker';
import type { Caller, NamespaceId } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { SubscriptionRef } from './definitions.js';
import type { SubscriptionAttempts } from './subscription-attempts.js';
import type { SubscriptionStore } from './subscription.store.js';

export interface Resent {
  readonly message: string;
  /** Where it was. */
  readonly from: 'retry' | 'dead';
}

/** A re-sending of many, as people see it. */
export interface ResendTask {
  readonly id: string;
  readonly state: MessageTask['state'];
  readonly since: string;
  readonly ratePerSecond: number | null;
  readonly scanned: number;
  readonly done: number;
  readonly refused: number;
  readonly createdAt: string;
  readonly endedAt: string | null;
  readonly problem: string | null;
}

/** What the broker is asked for: no body of a message comes here. */
export interface ResendBroker {
  readonly locator: Pick<MessageLocator, 'locate' | 'hasten'>;
  readonly tasks: Pick<TaskStore, 'create' | 'get' | 'cancel'>;
  readonly marks: Pick<MarkedNamespaces, 'mark'>;
  readonly retries: Pick<PushRetries, 'count' | 'hasten'>;
}

/** Sending again, always under the same id. Every method fails with `namespace_not_found`. */
export class Resending {
  constructor(
    private readonly store: SubscriptionStore,
    private readonly attempts: SubscriptionAttempts,
    private readonly broker: ResendBroker,
  ) {}

  /**
   * The message of an attempt: one that waits for its next attempt goes at once, a dead letter goes back to its queue (a
   * worker carries that out), one that is on its way already is left alone. Fails with `attempt_not_found`,
   * `message_settled` when it is in neither place, `subscription_disabled`, `store_unavailable`.
   */
  async one(caller: Caller, namespaceId: string, attemptId: string, ref?: SubscriptionRef): Promise<Resent> {
    const { subscription, message, at } = await this.attempts.get(caller, namespaceId, attemptId, ref);
    if (subscription === null) throw new WaybillError('message_settled');
    const found = await this.store.source(caller, namespaceId, ref ?? { name: subscription });
    if (found.subscription.state === 'disabled') throw new WaybillError('subscription_disabled');
    const place = await this.broker.locator.locate(found.queue, message, Date.parse(at));
    if (place === undefined) throw new WaybillError('message_settled');
    if (place.state === 'dead') {
      await this.#redrive(caller, found.queue, { ids: [message] }, null);
      return { message, from: 'dead' };
    }
    if (place.state === 'delayed') await this.broker.locator.hasten(found.queue, place);
    return { message, from: 'retry' };
  }

  /**
   * Everything that failed since a moment (RFC 3339): what waits for its next attempt is due now, or one after the other at the
   * rate; what died goes back to the queue, carried out by a worker, which the task stands for. `retries` says how many are due
   * now. Fails with `subscription_not_found`, `subscription_disabled`, `limit_reached` when too many tasks run,
   * `store_unavailable`; repeating it is harmless.
   */
  async failedSince(caller: Caller, namespaceId: string, ref: SubscriptionRef, { since, ratePerSecond = null }: { since: string; ratePerSecond?: number | null | undefined }): Promise<ResendTask & { readonly retries: number }> {
    const { subscription, queue } = await this.store.source(caller, namespaceId, ref);
    if (subscription.state === 'disabled') throw new WaybillError('subscription_disabled');
    const task = await this.#redrive(caller, queue, { deadFrom: since }, ratePerSecond);
    const retries = await this.broker.retries.hasten({ subscriptionId: subscription.id, queue }, Date.parse(since), ratePerSecond);
    return { ...taskView(task), retries };
  }

  /** What {@link failedSince} would send again, and nothing is changed. Fails with `subscription_not_found`, `queue_not_found`. */
  async countFailed(caller: Caller, namespaceId: string, ref: SubscriptionRef, since: string): Promise<FailedCount> {
    const { subscription, queue } = await this.store.source(caller, namespaceId, ref);
    return this.broker.retries.count({ subscriptionId: subscription.id, queue }, Date.parse(since));
  }

  /** Fails with `subscription_not_found`, `task_not_found`. */
  async task(caller: Caller, namespaceId: string, ref: SubscriptionRef, taskId: string): Promise<ResendTask> {
    return taskView(await this.#own(caller, namespaceId, ref, taskId));
  }

  /** What it has done stays done. Fails with `subscription_not_found`, `task_not_found`. */
  async cancel(caller: Caller, namespaceId: string, ref: SubscriptionRef, taskId: string): Promise<ResendTask> {
    await this.#own(caller, namespaceId, ref, taskId);
    return taskView(await this.broker.tasks.cancel(namespaceId as NamespaceId, taskId));
  }

  async #own(caller: Caller, namespaceId: string, ref: SubscriptionRef, taskId: string): Promise<MessageTask> {
    const { queue } = await this.store.source(caller, namespaceId, ref);
    const task = await this.broker.tasks.get(namespaceId as NamespaceId, taskId);
    if (task.queueId !== queue.id || task.kind !== 'redrive' || task.filter.deadFrom === undefined) throw new WaybillError('task_not_found');
    return task;
  }

  async #redrive(caller: Caller, queue: QueueRef, filter: { ids: string[] } | { deadFrom: string }, ratePerSecond: number | null): Promise<MessageTask> {
    const task = await this.broker.tasks.create(queue.ns, {
      kind: 'redrive', from: 'dead', inOrder: true, queue: queue.name, queueId: queue.id, to: { queue: queue.name }, filter, ratePerSecond, askedBy: caller.actor.id,
    });
    await this.broker.marks.mark(queue.ns);
    return task;
  }
}

function taskView({ id, state, filter, ratePerSecond, scanned, done, refused, createdMs, endedMs, problem }: MessageTask): ResendTask {
  return {
    id, state, since: filter.deadFrom ?? new Date(0).toISOString(), ratePerSecond, scanned, done, refused, problem,
    createdAt: new Date(createdMs).toISOString(), endedAt: endedMs === null ? null : new Date(endedMs).toISOString(),
  };
}
