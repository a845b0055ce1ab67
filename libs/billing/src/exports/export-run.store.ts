import type { Database, Transaction } from '@waybill/database';
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

  /** Makes the runs that are due; two workers make each once. That of a month waits until every tenant has closed the month, and says so. */
  plan(nowMs: number): Promise<number> {
    return this.database.asSystem(async (tx) => {
      let planned = 0;
      for (const { id, every, plannedDue } of await tx.exportSchedule.findMany({ where: { paused: false }, orderBy: { id: 'asc' } })) {
        const dues = duesAfter(every as ExportRhythm, plannedDue, nowMs);
        if (dues.length === 0) continue;
        // Another worker, or who sets the schedule, may have gone further since it was read.
        const { count: ours } = await tx.exportSchedule.updateMany({ where: { id, every, plannedDue, paused: false }, data: { plannedDue: dues.at(-1)! } });
        if (ours === 0) continue;
        const { count } = await tx.exportRun.createMany({ data: dues.map((due) => ({ scheduleId: id, due, state: 'waiting', nextAt: startOf(due, nowMs) })), skipDuplicates: true });
        planned += count;
      }
      await releaseMonths(tx, nowMs);
      return planned;
    });
  }

  /** Once more, or for the first time, whatever became of it before; false while it is under way. A month waits for its close here too. */
  ask(scheduleId: string, due: string, by: string, nowMs: number): Promise<boolean> {
    const [now, nextAt] = [new Date(nowMs), startOf(due, nowMs)];
    return this.database.asSystem(async (tx) => {
      const changed = await tx.$executeRaw`
      INSERT INTO export_runs (schedule_id, due, state, next_at) VALUES (${scheduleId}, ${due}, 'waiting', ${nextAt})
      ON CONFLICT (schedule_id, due) DO UPDATE SET state = 'waiting', attempts = 0, next_at = ${nextAt}, turn = NULL WHERE export_runs.state <> 'running' OR export_runs.next_at <= ${now}`;
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

const isMonth = (due: string): boolean => due.length === 7;
/** A month has no time of its own: `releaseMonths` gives it one. */
const startOf = (due: string, nowMs: number): Date | null => (isMonth(due) ? null : new Date(nowMs));

/** Lets the months go that every tenant has closed; the others say what they wait for. */
async function releaseMonths(tx: Transaction, nowMs: number): Promise<void> {
  const held = { state: 'waiting', nextAt: null };
  for (const { due } of await tx.exportRun.findMany({ where: held, distinct: ['due'], select: { due: true } })) {
    const reason = await openReason(tx, due);
    await tx.exportRun.updateMany({ where: { ...held, due }, data: reason === null ? { nextAt: new Date(nowMs), error: null } : { error: reason } });
  }
}

/** Why a month is not closed, for people of finance; null once it is. */
async function openReason(tx: Transaction, due: string): Promise<string | null> {
  const { startMs, endMs } = periodOfDue(due);
  const [row] = await tx.$queryRaw<{ tenants: bigint; first: string | null }[]>`
    SELECT count(*) AS tenants, min(id) AS first FROM (
      SELECT id FROM tenants t WHERE created_at < ${new Date(endMs)} AND NOT EXISTS (SELECT FROM billing_periods p WHERE p.tenant_id = t.id AND p.starts_at = ${new Date(startMs)} AND p.state = 'closed')
      UNION SELECT tenant_id FROM invoices WHERE state = 'draft' AND period_start = ${new Date(startMs)}) open`;
  if (row === undefined || row.tenants === 0n) return null;
  return `Waits until every tenant has closed ${due}: ${row.tenants} ${row.tenants === 1n ? 'has' : 'have'} not, the first is ${row.first}. The board of the close says why.`;
}
