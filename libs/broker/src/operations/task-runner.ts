import { WaybillError } from '@waybill/kernel';
import type { Clock, NamespaceId } from '@waybill/kernel';
import { compileMessageFilter } from './message-filter.js';
import type { EntryTest } from './message-filter.js';
import type { MessageMover, Moved } from './message-mover.js';
import { redirected, revived } from './message-mover.js';
import { noCounts } from './message-task.js';
import type { TaskCounts, TaskWork } from './message-task.js';
import type { Entry, EntryPage, EntrySource, OperatedQueue } from './operated-queue.js';
import { Pace } from './pace.js';
import type { TaskProgress, TaskStore } from './tasks.store.js';

/** Messages looked at in one step; a cancelled task stops within one. */
const stepMessages = 100;
/** Moves on their way at once; they are sent, and stored, in order. */
const movesAtOnce = 25;

export interface EntryRemover {
  /** Removes those that are still there; returns how many. */
  remove(queue: OperatedQueue, state: Exclude<Entry['state'], 'leased'>, entries: readonly Entry[]): Promise<number>;
}

/** How a turn ended: `paused` wants another one. */
export type TurnEnd = 'ended' | 'paused' | 'not_ours';

interface Step {
  readonly page: EntryPage;
  readonly planned: readonly Entry[];
  /** Nothing that the task may touch comes after this page. */
  readonly last: boolean;
}

/**
 * Carries tasks out, a step at a time: read a page, note what it is about to do, do it, note what came of it. A worker
 * that dies leaves its note; the next one looks which of those messages are gone, counts them, and reads the page again.
 */
export class TaskRunner {
  constructor(
    private readonly store: Pick<TaskStore, 'take' | 'save'>,
    private readonly source: EntrySource,
    private readonly mover: Pick<MessageMover, 'move'>,
    private readonly remover: EntryRemover,
    private readonly clock: Clock,
  ) {}

  /**
   * Works on a task until it ends, its rate is used up, or `untilMs` of this clock. A task that cannot go on ends as
   * failed; errors of the store are thrown and the task goes on with the next turn.
   */
  async turn(ns: NamespaceId, id: string, worker: string, untilMs: number): Promise<TurnEnd> {
    const takenAtMs = this.clock.nowMs();
    const work = await this.store.take(ns, id, worker);
    if (!work) return 'not_ours';
    const serverNowMs = (): number => work.nowMs + this.clock.nowMs() - takenAtMs;
    const pace = new Pace(work.ratePerSecond, work.paidUntilMs, serverNowMs);
    const queue: OperatedQueue = { ns, id: work.queueId, name: work.queue };
    let at: Pick<TaskProgress, 'counts' | 'cursor'> = { counts: noCounts, cursor: work.cursor };
    const save = (then: TaskProgress['then'], planned: readonly Entry[] = []): Promise<boolean> =>
      this.store.save(ns, id, worker, { ...at, then, plan: planned.map(({ position }) => position), paidUntilMs: pace.paidUntilMs });
    try {
      at = { ...at, counts: await this.#countGone(queue, work) };
      const test = compileMessageFilter(work.filter);
      for (;;) {
        const allowed = Math.min(pace.allowed(), stepMessages);
        if (allowed === 0 || this.clock.nowMs() >= untilMs) return (await save('pause')) ? 'paused' : 'ended';
        const step = await this.#read(queue, work, test, at.cursor, allowed);
        if (!(await save('go_on', step.planned))) return 'ended';
        const done = await this.#carryOut(queue, work, step.planned, serverNowMs());
        pace.pay(step.planned.length);
        at = { cursor: step.page.next ?? undefined, counts: { ...done, scanned: step.page.entries.length, matched: step.planned.length } };
        if (step.last) {
          await save('done');
          return 'ended';
        }
      }
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined) throw error;
      await save({ failed: failure });
      if (!(error instanceof WaybillError)) throw error;
      return 'ended';
    }
  }

  /** What a worker that died did of its plan: what is no longer where its page was. */
  async #countGone(queue: OperatedQueue, work: TaskWork): Promise<TaskCounts> {
    const gone = new Set(work.plan);
    let [after, looked] = [work.cursor, 0];
    while (gone.size > 0 && looked < 2 * stepMessages) {
      const { entries, next } = await this.source.page(queue, work.from, after, stepMessages);
      for (const { position } of entries) gone.delete(position);
      looked += entries.length;
      if (next === null) break;
      after = next;
    }
    return { scanned: gone.size, matched: gone.size, done: gone.size, refused: 0 };
  }

  async #read(queue: OperatedQueue, work: TaskWork, test: EntryTest, cursor: string | undefined, allowed: number): Promise<Step> {
    let page = await this.source.page(queue, work.from, cursor, stepMessages);
    const wanted = ({ entries }: EntryPage): Entry[] => entries.filter((entry) => entry.position <= work.upTo && test(entry));
    if (wanted(page).length > allowed) {
      // The rate ends within the page: read again up to there, so that its end is a place to go on from.
      const firstLeftOut = wanted(page)[allowed] as Entry;
      page = await this.source.page(queue, work.from, cursor, page.entries.indexOf(firstLeftOut));
    }
    const tooNew = work.inOrder && page.entries.some(({ position }) => position > work.upTo);
    return { page, planned: wanted(page), last: tooNew || page.next === null };
  }

  async #carryOut(queue: OperatedQueue, work: TaskWork, planned: readonly Entry[], nowMs: number): Promise<Pick<TaskCounts, 'done' | 'refused'>> {
    if (planned.length === 0) return noCounts;
    if (work.to === null) return { done: await this.remover.remove(queue, work.from, planned), refused: 0 };
    const { to, kind, askedBy } = work;
    const counts = { moved: 0, full: 0, unwanted: 0, gone: 0 } satisfies Record<Moved, number>;
    for (let start = 0; start < planned.length; start += movesAtOnce) {
      const moves = planned.slice(start, start + movesAtOnce).map((entry) => {
        const properties = redirected(kind === 'redrive' ? revived(entry.properties) : entry.properties, to);
        return this.mover.move(queue, entry, to, properties, nowMs, { cause: 'replay', publishedBy: askedBy });
      });
      // All of them are awaited before the first failure is thrown: none may still be on its way when the task is given back.
      for (const settled of await Promise.allSettled(moves)) if (settled.status === 'fulfilled') counts[settled.value] += 1;
      await Promise.all(moves);
    }
    return { done: counts.moved, refused: counts.full + counts.unwanted };
  }
}

/** What ends a task for good; undefined for what passes. */
function failureOf(error: unknown): string | undefined {
  if (!(error instanceof WaybillError)) return 'An unexpected error; the log of the worker has it.';
  return error.retryable ? undefined : error.message;
}
