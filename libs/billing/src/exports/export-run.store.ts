import type { Database } from '@waybill/database';
import { newId } from '@waybill/kernel';
import { recordEvent } from '../finance/finance-event.store.js';
import type { SealedSchedule } from './export-schedule.store.js';
import { scheduleOf } from './export-schedule.store.js';
import type { ExportRhythm, ExportRun, ExportRunState } from './export-schedule.js';
import { duesAfter, periodOfDue } from './export-schedule.js';

export interface Turn {
  readonly schedule: SealedSchedule;
  readonly due: string;
  /** Of this attempt; whoever takes the run later has another. */
  readonly turn: string;
  /** With this one. */
  readonly attempts: number;
}

export interface Written {
  readonly bytes: number;
  readonly sha256: string;
  readonly objectKey: string;
}

/** Which runs are due, whose turn each is, and what became of it. */
export class ExportRunStore {
  constructor(private readonly database: Database) {}

  /** Makes the runs that are due; two workers make each once. A month waits while it has drafts. */
  plan(nowMs: number): Promise<number> {
    return this.database.asSystem(async (tx) => {
      let planned = 0;
      for (const { id, every, plannedDue } of await tx.exportSchedule.findMany({ where: { paused: false } })) {
        for (const due of duesAfter(every as ExportRhythm, plannedDue, nowMs)) {
          if (every === 'monthly' && (await tx.invoice.count({ where: { state: 'draft', periodStart: new Date(periodOfDue(due).startMs) } })) > 0) break;
          const { count } = await tx.exportRun.createMany({ data: { scheduleId: id, due, state: 'waiting', nextAt: new Date(nowMs) }, skipDuplicates: true });
          await tx.exportSchedule.updateMany({ where: { id }, data: { plannedDue: due } });
          planned += count;
        }
      }
      return planned;
    });
  }

  /** Once more, or for the first time, whatever became of it before; false while it is under way. */
  ask(scheduleId: string, due: string, by: string, nowMs: number): Promise<boolean> {
    const nextAt = new Date(nowMs);
    return this.database.asSystem(async (tx) => {
      const changed = await tx.$executeRaw`
      INSERT INTO export_runs (schedule_id, due, state, next_at) VALUES (${scheduleId}, ${due}, 'waiting', ${nextAt})
      ON CONFLICT (schedule_id, due) DO UPDATE SET state = 'waiting', attempts = 0, next_at = ${nextAt}, turn = NULL WHERE export_runs.state <> 'running' OR export_runs.next_at <= ${nextAt}`;
      if (changed === 1) await recordEvent(tx, { tenantId: '', actor: by, action: 'export_schedule.run_asked', subject: scheduleId, after: { due } }, nowMs);
      return changed === 1;
    });
  }

  /** The oldest that is due, for `leaseMs`; one whose worker died comes up again when its time is over. Null when there is none. */
  claim(nowMs: number, leaseMs: number): Promise<Turn | null> {
    const [now, turn] = [new Date(nowMs), newId('exportTurn', nowMs)];
    return this.database.asSystem(async (tx) => {
      const [row] = await tx.$queryRaw<{ scheduleId: string; due: string; attempts: number }[]>`
        WITH f AS MATERIALIZED (SELECT schedule_id, due FROM export_runs WHERE next_at <= ${now} ORDER BY next_at, schedule_id, due LIMIT 1 FOR UPDATE SKIP LOCKED)
        UPDATE export_runs r SET state = 'running', turn = ${turn}, attempts = r.attempts + 1, started_at = ${now}, finished_at = NULL, next_at = ${new Date(nowMs + leaseMs)}
        FROM f WHERE r.schedule_id = f.schedule_id AND r.due = f.due RETURNING r.schedule_id AS "scheduleId", r.due, r.attempts`;
      if (row === undefined) return null;
      const schedule = await tx.exportSchedule.findUniqueOrThrow({ where: { id: row.scheduleId } });
      return { schedule: { ...scheduleOf(schedule), sealedSecret: schedule.sealedSecret }, due: row.due, turn, attempts: row.attempts };
    });
  }

  /** False when the turn is another's by now, or the schedule is gone. */
  done(turn: Turn, { bytes, sha256, objectKey }: Written, nowMs: number): Promise<boolean> {
    return this.#end(turn, { state: 'done', finishedAt: new Date(nowMs), nextAt: null, bytes: BigInt(bytes), sha256, objectKey, error: null });
  }

  /** `nextAtMs`: when it is tried again; null when it is given up. False as of `done`. */
  failed(turn: Turn, error: string, nextAtMs: number | null, nowMs: number): Promise<boolean> {
    return this.#end(turn, { state: nextAtMs === null ? 'failed' : 'waiting', finishedAt: new Date(nowMs), nextAt: nextAtMs === null ? null : new Date(nextAtMs), error });
  }

  /** Newest first, the last `most` of each schedule. */
  async latest(most: number): Promise<ReadonlyMap<string, ExportRun[]>> {
    const rows = await this.database.asSystem((tx) => tx.exportSchedule.findMany({ select: { id: true, runs: { orderBy: { due: 'desc' }, take: most } } }));
    return new Map(rows.map(({ id, runs }) => [id, runs.map(({ due, state, attempts, nextAt, startedAt, finishedAt, bytes, sha256, objectKey, error }) => ({
      due, state: state as ExportRunState, attempts, nextAtMs: nextAt?.getTime() ?? null, startedAtMs: startedAt?.getTime() ?? null, finishedAtMs: finishedAt?.getTime() ?? null, bytes: bytes === null ? null : Number(bytes), sha256, objectKey, error,
    }))]));
  }

  async #end({ schedule, due, turn }: Turn, data: { state: ExportRunState; finishedAt: Date; nextAt: Date | null; bytes?: bigint; sha256?: string; objectKey?: string; error: string | null }): Promise<boolean> {
    const { count } = await this.database.asSystem((tx) => tx.exportRun.updateMany({ where: { scheduleId: schedule.id, due, turn, state: 'running' }, data: { ...data, turn: null } }));
    return count === 1;
  }
}
