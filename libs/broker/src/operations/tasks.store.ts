import { newId, WaybillError } from '@waybill/kernel';
import type { NamespaceId } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import type { Position } from '../position.js';
import { keys } from '../redis/keys.js';
import { Script, text } from '../redis/script.store.js';
import { storeErrorOf } from '../redis/store-error.js';
import { taskOf, workOf } from './message-task.js';
import type { MessageTask, TaskCounts, TaskSpec, TaskWork } from './message-task.js';
import { operationKeys } from './operation-keys.js';

const scripts = {
  create: new Script('task-create'),
  take: new Script('task-take'),
  save: new Script('task-save'),
  cancel: new Script('task-cancel'),
};

export const taskLimits = { running: 20, keptMs: 7 * 86_400_000, kept: 1_000 } as const;
/** A worker that says nothing this long has lost its task to the next one. */
const ownedMs = 10_000;
const trimmedAtOnce = 100;

/** What a worker did since it last said so, and what it does next. */
export interface TaskProgress {
  readonly counts: TaskCounts;
  readonly cursor: string | undefined;
  readonly plan: readonly Position[];
  readonly paidUntilMs: number;
  /** `pause`: any worker may go on. */
  readonly then: 'go_on' | 'pause' | 'done' | { readonly failed: string };
}

/** Tasks of a namespace: what is asked for, how far it is, who works on it. */
export class TaskStore {
  constructor(private readonly redis: Redis) {}

  /** Fails with `limit_reached` when too many tasks run, `queue_not_found` when the queue is gone. */
  async create(ns: NamespaceId, spec: TaskSpec): Promise<MessageTask> {
    const id = newId('task');
    const json = JSON.stringify(spec);
    const reply = await scripts.create.run(
      this.redis,
      [operationKeys.tasks(ns), operationKeys.runningTasks(ns), operationKeys.task(ns, id), keys.queue(ns, spec.queueId), keys.position(ns)],
      [id, json, taskLimits.running],
    );
    const answer = text(reply[0]);
    if (answer === 'limit_reached') throw new WaybillError('limit_reached', { resource: 'running tasks', limit: taskLimits.running });
    if (answer === 'queue_not_found') throw new WaybillError('queue_not_found', { queue: spec.queue });
    await this.#trim(ns);
    return taskOf(id, new Map([['spec', json], ['state', 'running'], ['createdMs', String(reply[1])]]));
  }

  /** Fails with `task_not_found`. */
  async get(ns: NamespaceId, id: string): Promise<MessageTask> {
    const fields = await this.#ask(() => this.redis.hgetall(operationKeys.task(ns, id)));
    if (Object.keys(fields).length === 0) throw new WaybillError('task_not_found');
    return taskOf(id, new Map(Object.entries(fields)));
  }

  /** Newest first, after the task named by `after`. Fails with `page_token_invalid` when that one is not known. */
  async list(ns: NamespaceId, after: string | undefined, limit: number): Promise<{ items: MessageTask[]; next: string | null }> {
    const all = operationKeys.tasks(ns);
    const rank = after === undefined ? -1 : await this.#ask(() => this.redis.zrevrank(all, after));
    if (rank === null) throw new WaybillError('page_token_invalid');
    const ids = await this.#ask(() => this.redis.zrange(all, String(rank + 1), String(rank + 1 + limit), 'REV'));
    const wanted = ids.slice(0, limit);
    const found = await this.#fieldsOf(ns, wanted);
    const gone = wanted.filter((_, i) => found[i] === undefined);
    const next = ids.length > limit ? (wanted.findLast((_, i) => found[i] !== undefined) ?? null) : null;
    if (gone.length > 0) await this.#ask(() => this.redis.zrem(all, ...gone));
    return { items: wanted.flatMap((id, i) => (found[i] ? [taskOf(id, found[i])] : [])), next };
  }

  /** Stops a task within the step under way. Fails with `task_not_found`. */
  async cancel(ns: NamespaceId, id: string): Promise<MessageTask> {
    const reply = await scripts.cancel.run(this.redis, [operationKeys.task(ns, id), operationKeys.runningTasks(ns)], [id, taskLimits.keptMs]);
    if (text(reply[0]) === 'task_not_found') throw new WaybillError('task_not_found');
    return taskOf(id, fieldsFrom(reply, 1));
  }

  /** Ids of the tasks that have not ended, oldest first. */
  async running(ns: NamespaceId): Promise<string[]> {
    return this.#ask(() => this.redis.zrange(operationKeys.runningTasks(ns), '0', '-1'));
  }

  /** Makes the task this worker's; undefined when it has ended or another worker has it. */
  async take(ns: NamespaceId, id: string, worker: string): Promise<TaskWork | undefined> {
    const reply = await scripts.take.run(this.redis, [operationKeys.task(ns, id)], [worker, ownedMs]);
    return text(reply[0]) === 'taken' ? workOf(id, reply[1] as number, fieldsFrom(reply, 2)) : undefined;
  }

  /** False: stop, it was cancelled or another worker has it. */
  async save(ns: NamespaceId, id: string, worker: string, { counts, cursor, plan, paidUntilMs, then }: TaskProgress): Promise<boolean> {
    const ending = then === 'go_on' || then === 'pause' ? '' : then === 'done' ? 'done' : 'failed';
    const fields = ['cursor', cursor ?? '', 'plan', JSON.stringify(plan), 'paidUntilMs', String(paidUntilMs)];
    if (typeof then === 'object') fields.push('problem', then.failed);
    const reply = await scripts.save.run(
      this.redis,
      [operationKeys.task(ns, id), operationKeys.runningTasks(ns)],
      [worker, id, then === 'go_on' ? ownedMs : 0, taskLimits.keptMs, ending, counts.scanned, counts.matched, counts.done, counts.refused, ...fields],
    );
    return text(reply[0]) === 'saved';
  }

  /** Keeps the list short: the oldest go first, but for those that run. */
  async #trim(ns: NamespaceId): Promise<void> {
    const all = operationKeys.tasks(ns);
    const oldest = await this.#ask(() => this.redis.zrange(all, '0', String(-taskLimits.kept - 1)));
    const some = oldest.slice(0, trimmedAtOnce);
    const found = await this.#fieldsOf(ns, some);
    const ended = some.filter((_, i) => found[i]?.get('state') !== 'running');
    if (ended.length === 0) return;
    await this.#ask(() => this.redis.multi().unlink(...ended.map((id) => operationKeys.task(ns, id))).zrem(all, ...ended).exec());
  }

  async #fieldsOf(ns: NamespaceId, ids: readonly string[]): Promise<(ReadonlyMap<string, string> | undefined)[]> {
    return Promise.all(
      ids.map(async (id) => {
        const fields = Object.entries(await this.#ask(() => this.redis.hgetall(operationKeys.task(ns, id))));
        return fields.length > 0 ? new Map(fields) : undefined;
      }),
    );
  }

  async #ask<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw storeErrorOf(error);
    }
  }
}

function fieldsFrom(reply: readonly unknown[], start: number): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (let i = start; i < reply.length; i += 2) fields.set(text(reply[i]), (reply[i + 1] as Buffer).toString('utf8'));
  return fields;
}
