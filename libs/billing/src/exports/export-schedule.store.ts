import type { Database } from '@waybill/database';
import { Prisma } from '@waybill/database';
import { WaybillError } from '@waybill/kernel';
import type { EventValue } from '../finance/finance-event.store.js';
import { recordEvent } from '../finance/finance-event.store.js';
import type { ExportSchedule } from './export-schedule.js';
import { newestDue } from './export-schedule.js';

export interface SealedSchedule extends ExportSchedule {
  readonly sealedSecret: string | null;
}

/** Schedules of exports; every change goes into the history in its own transaction, without the secret. */
export class ExportScheduleStore {
  constructor(private readonly database: Database) {}

  /** By name. */
  async list(): Promise<ExportSchedule[]> {
    const rows = await this.database.asSystem((tx) => tx.exportSchedule.findMany({ orderBy: { name: 'asc' } }));
    return rows.map((row) => scheduleOf(row));
  }

  /** Fails with `export_schedule_not_found`. */
  async one(id: string): Promise<SealedSchedule> {
    const row = await this.database.asSystem((tx) => tx.exportSchedule.findUnique({ where: { id } }));
    if (row === null) throw new WaybillError('export_schedule_not_found');
    return { ...scheduleOf(row), sealedSecret: row.sealedSecret };
  }

  /** Fails with `export_schedule_name_taken`. */
  create(schedule: SealedSchedule, by: string, nowMs: number): Promise<void> {
    return nameTaken(this.database.asSystem(async (tx) => {
      await tx.exportSchedule.create({ data: { ...rowOf(schedule), id: schedule.id, createdBy: by, createdAt: new Date(nowMs) } });
      await recordEvent(tx, { tenantId: '', actor: by, action: 'export_schedule.created', subject: schedule.id, after: told(schedule) }, nowMs);
    }));
  }

  /** What was missed while another rhythm or a pause was set is not made up for. Fails with `export_schedule_not_found`, `export_schedule_name_taken`. */
  replace(before: SealedSchedule, after: SealedSchedule, by: string, nowMs: number): Promise<void> {
    const restarts = before.every !== after.every || (before.paused && !after.paused);
    return nameTaken(this.database.asSystem(async (tx) => {
      const { count } = await tx.exportSchedule.updateMany({ where: { id: after.id }, data: { ...rowOf(after), ...(restarts ? { plannedDue: newestDue(after.every, nowMs) } : {}) } });
      if (count === 0) throw new WaybillError('export_schedule_not_found');
      await recordEvent(tx, { tenantId: '', actor: by, action: 'export_schedule.changed', subject: after.id, before: told(before), after: { ...told(after), ...(before.sealedSecret === after.sealedSecret ? {} : { secret: 'changed' }) } }, nowMs);
    }));
  }

  /** With its runs; what they wrote stays. Fails with `export_schedule_not_found`. */
  remove(before: ExportSchedule, by: string, nowMs: number): Promise<void> {
    return this.database.asSystem(async (tx) => {
      const { count } = await tx.exportSchedule.deleteMany({ where: { id: before.id } });
      if (count === 0) throw new WaybillError('export_schedule_not_found');
      await recordEvent(tx, { tenantId: '', actor: by, action: 'export_schedule.deleted', subject: before.id, before: told(before) }, nowMs);
    });
  }

  /** What was done with it without changing it. */
  async tell(id: string, by: string, action: string, after: EventValue, nowMs: number): Promise<void> {
    await this.database.asSystem((tx) => recordEvent(tx, { tenantId: '', actor: by, action, subject: id, after }, nowMs));
  }
}

async function nameTaken(change: Promise<void>): Promise<void> {
  try {
    await change;
  } catch (error) {
    if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002') throw new WaybillError('export_schedule_name_taken');
    throw error;
  }
}

export function scheduleOf({ id, name, export: kind, every, target, paused }: { id: string; name: string; export: string; every: string; target: unknown; paused: boolean }): ExportSchedule {
  return { id, name, export: kind, every, target, paused } as ExportSchedule;
}

const rowOf = ({ name, export: kind, every, target, paused, sealedSecret }: SealedSchedule) => ({ name, export: kind, every, target: { ...target } as Prisma.InputJsonValue, paused, sealedSecret });
const told = ({ name, export: kind, every, target, paused }: ExportSchedule): { [key: string]: EventValue } => ({ name, export: kind, every, target: { ...target }, paused });
