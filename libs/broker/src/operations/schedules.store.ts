import { WaybillError } from '@waybill/kernel';
import type { NamespaceId } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import { keys } from '../redis/keys.js';
import { Script, text } from '../redis/script.store.js';
import { storeErrorOf } from '../redis/store-error.js';
import { operationKeys } from './operation-keys.js';
import type { ScheduleDefinition, ScheduleRun, ScheduleState } from './schedule.js';

const scripts = { put: new Script('schedule-put'), note: new Script('schedule-note') };

/** Schedules of one namespace. */
export const scheduleLimit = 1_000;

export interface DueSchedule {
  readonly name: string;
  readonly dueMs: number;
  /** Undefined: it was deleted while it was due. */
  readonly definition: ScheduleDefinition | undefined;
}

/** Definitions of schedules, when each runs next, and what the last run came to. */
export class ScheduleStore {
  constructor(private readonly redis: Redis) {}

  /** Redis time: runs are due by it. */
  async nowMs(): Promise<number> {
    const [seconds, micros] = await this.#ask(() => this.redis.time());
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  }

  async get(ns: NamespaceId, name: string): Promise<ScheduleState | undefined> {
    return (await this.#states(ns, [name]))[0];
  }

  /** By name, after the one named by `after`. */
  async list(ns: NamespaceId, after: string | undefined, limit: number): Promise<{ items: ScheduleState[]; next: string | null }> {
    const names = (await this.#ask(() => this.redis.hkeys(operationKeys.schedules(ns)))).sort();
    const rest = after === undefined ? names : names.filter((name) => name > after);
    const wanted = rest.slice(0, limit);
    return { items: await this.#states(ns, wanted), next: rest.length > limit ? (wanted.at(-1) ?? null) : null };
  }

  /** `nextMs` null: it does not run (paused). Fails with `limit_reached`. */
  async put(ns: NamespaceId, name: string, definition: ScheduleDefinition, nextMs: number | null): Promise<'created' | 'changed' | 'unchanged'> {
    const reply = await scripts.put.run(this.redis, [operationKeys.schedules(ns), keys.schedulesDue(ns)], [name, JSON.stringify(definition), nextMs ?? '', scheduleLimit]);
    const answer = text(reply[0]);
    if (answer === 'limit_reached') throw new WaybillError('limit_reached', { resource: 'schedules', limit: scheduleLimit });
    return answer as 'created' | 'changed' | 'unchanged';
  }

  /** Fails with `schedule_not_found`. */
  async delete(ns: NamespaceId, name: string): Promise<void> {
    const replies = await this.#ask(() =>
      this.redis.multi().hdel(operationKeys.schedules(ns), name).zrem(keys.schedulesDue(ns), name).hdel(operationKeys.scheduleRuns(ns), name).exec(),
    );
    if (replies?.[0]?.[1] !== 1) throw new WaybillError('schedule_not_found');
  }

  /** Those due by now, longest overdue first. */
  async due(ns: NamespaceId, nowMs: number, most: number): Promise<DueSchedule[]> {
    const flat = await this.#ask(() => this.redis.zrange(keys.schedulesDue(ns), '-inf', String(nowMs), 'BYSCORE', 'LIMIT', 0, most, 'WITHSCORES'));
    const due = Array.from({ length: flat.length / 2 }, (_, i) => ({ name: flat[i * 2] as string, dueMs: Number(flat[i * 2 + 1]) }));
    if (due.length === 0) return [];
    const definitions = await this.#ask(() => this.redis.hmget(operationKeys.schedules(ns), ...due.map(({ name }) => name)));
    return due.map((one, i) => ({ ...one, definition: parsed<ScheduleDefinition>(definitions[i]) }));
  }

  /** When the namespace has a run next, ms; undefined when none is planned. */
  async earliest(ns: NamespaceId): Promise<number | undefined> {
    const [, score] = await this.#ask(() => this.redis.zrange(keys.schedulesDue(ns), '0', '0', 'WITHSCORES'));
    return score === undefined ? undefined : Number(score);
  }

  /** What a run came to. `skipped`: nothing was published, so the next run is set here; false when somebody else did. */
  async note(ns: NamespaceId, name: string, run: ScheduleRun, skipped?: { readonly dueMs: number; readonly nextMs: number | null }): Promise<boolean> {
    const reply = await scripts.note.run(
      this.redis,
      [operationKeys.schedules(ns), keys.schedulesDue(ns), operationKeys.scheduleRuns(ns)],
      [name, JSON.stringify(run), skipped?.dueMs ?? '', skipped?.nextMs ?? ''],
    );
    return text(reply[0]) === 'noted';
  }

  /** A run that is due though its schedule is gone. */
  async forget(ns: NamespaceId, name: string): Promise<void> {
    await this.#ask(() => this.redis.zrem(keys.schedulesDue(ns), name));
  }

  async #states(ns: NamespaceId, names: readonly string[]): Promise<ScheduleState[]> {
    if (names.length === 0) return [];
    const [definitions, runs, dues] = await this.#ask(() =>
      Promise.all([
        this.redis.hmget(operationKeys.schedules(ns), ...names),
        this.redis.hmget(operationKeys.scheduleRuns(ns), ...names),
        this.redis.zmscore(keys.schedulesDue(ns), ...names),
      ]),
    );
    return names.flatMap((name, i) => {
      const definition = parsed<ScheduleDefinition>(definitions[i]);
      const due = dues[i];
      return definition ? [{ name, definition, nextMs: due ? Number(due) : null, lastRun: parsed<ScheduleRun>(runs[i]) ?? null }] : [];
    });
  }

  async #ask<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw storeErrorOf(error);
    }
  }
}

function parsed<T>(json: string | null | undefined): T | undefined {
  return json ? (JSON.parse(json) as T) : undefined;
}
