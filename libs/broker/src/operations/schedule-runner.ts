import { WaybillError } from '@waybill/kernel';
import type { NamespaceId } from '@waybill/kernel';
import { CronTimes } from './cron.js';
import type { TakingPublisher } from './message-mover.js';
import type { PublishedMessage } from '../published-message.js';
import { outgoingOf } from './schedule.js';
import type { ScheduleDefinition } from './schedule.js';
import type { DueSchedule, ScheduleStore } from './schedules.store.js';

/** Runs looked at in one pass over a namespace, and publishes on their way at once. */
const bounds = { schedules: 200, atOnce: 20 };

export interface SchedulesRun {
  /** Runs that published their message. */
  readonly published: number;
  /** Runs that could not; each schedule says why. */
  readonly failed: number;
}

interface Outcome {
  readonly messageId: string | null;
  readonly problem: string | null;
}

/**
 * Publishes the messages of schedules that are due. The publish and the step to the next run are one atomic step, so
 * several workers fire a run once. A run that was missed is made up once, however many were missed; the next one is
 * in the future. While the store takes nothing, runs stay due.
 */
export class ScheduleRunner {
  constructor(
    private readonly store: Pick<ScheduleStore, 'nowMs' | 'due' | 'note' | 'forget'>,
    private readonly publisher: TakingPublisher,
  ) {}

  async runNamespace(ns: NamespaceId): Promise<SchedulesRun> {
    const nowMs = await this.store.nowMs();
    const due = await this.store.due(ns, nowMs, bounds.schedules);
    let [published, failed] = [0, 0];
    for (let start = 0; start < due.length; start += bounds.atOnce) {
      const runs = due.slice(start, start + bounds.atOnce).map((schedule) => this.#run(ns, schedule, nowMs));
      for (const settled of await Promise.allSettled(runs)) {
        if (settled.status === 'fulfilled' && settled.value === 'published') published += 1;
        if (settled.status === 'fulfilled' && settled.value === 'failed') failed += 1;
      }
      await Promise.all(runs);
    }
    return { published, failed };
  }

  async #run(ns: NamespaceId, { name, dueMs, definition }: DueSchedule, nowMs: number): Promise<'published' | 'failed' | 'not_ours'> {
    if (!definition) {
      await this.store.forget(ns, name);
      return 'not_ours';
    }
    const run = { lastAtMs: nowMs, lateByMs: Math.max(0, nowMs - dueMs) };
    const nextMs = nextRunOf(definition, Math.max(nowMs, dueMs));
    let outcome: Outcome;
    try {
      const [message] = await this.publisher.publishAnd(
        ns, { kind: 'schedule', name, dueMs, nextMs }, [{ target: definition.to, message: outgoingOf(definition.message, definition.to, nowMs) }], { cause: 'schedule' },
      );
      outcome = outcomeOf(message as PublishedMessage);
    } catch (error) {
      if (!(error instanceof WaybillError)) throw error;
      if (error.code === 'schedule_not_found') return 'not_ours';
      // A full queue is this run's result; a store that takes nothing now is not.
      if (error.retryable && error.code !== 'queue_full') throw error;
      const noted = await this.store.note(ns, name, { ...run, lastMessageId: null, lastProblem: error.message }, { dueMs, nextMs });
      return noted ? 'failed' : 'not_ours';
    }
    await this.store.note(ns, name, { ...run, lastMessageId: outcome.messageId, lastProblem: outcome.problem });
    return outcome.problem === null ? 'published' : 'failed';
  }
}

/** Null: never again. An expression or zone that was taken once and is refused now ends the schedule there. */
function nextRunOf({ cron, timeZone }: ScheduleDefinition, afterMs: number): number | null {
  try {
    return new CronTimes(cron, timeZone, afterMs).after(afterMs);
  } catch (error) {
    if (error instanceof WaybillError && error.code === 'cron_invalid') return null;
    throw error;
  }
}

function outcomeOf({ id, outcome, stored, duplicates }: PublishedMessage): Outcome {
  if (outcome === 'duplicate') return { messageId: null, problem: `The queue had stored it before, as ${duplicates[0]?.originalId ?? 'another message'}.` };
  return { messageId: id, problem: stored.length === 0 ? 'It reached no queue: nothing is bound that matches.' : null };
}
