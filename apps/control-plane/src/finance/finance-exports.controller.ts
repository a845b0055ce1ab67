import { Controller } from '@nestjs/common';
import { ScheduledExports } from '@waybill/billing';
import type { ExportRun, ScheduleInput } from '@waybill/billing';
import { createExportSchedule, deleteExportSchedule, listExportSchedules, replaceExportSchedule, runExportSchedule, testExportSchedule } from '@waybill/contracts';
import type { Parsed, Reply } from '@waybill/contracts';
import { Secret } from '@waybill/kernel';
import type { Caller } from '@waybill/kernel';
import { Endpoint, From, Input } from '@waybill/platform';
import { isoOrNull } from '../billing/invoice-reply.js';

/** Exports that are sent by the clock. */
@Controller()
export class FinanceExportsController {
  constructor(private readonly exports: ScheduledExports) {}

  @Endpoint(listExportSchedules)
  async list(): Promise<Reply<typeof listExportSchedules>> {
    const schedules = await this.exports.list();
    return { folderAllowed: this.exports.folderAllowed, items: schedules.map(({ runs, ...schedule }) => ({ ...schedule, runs: runs.map(runView) })) };
  }

  @Endpoint(createExportSchedule)
  async create(@From() caller: Caller, @Input() { body }: Parsed<typeof createExportSchedule>): Promise<Reply<typeof createExportSchedule>> {
    return { id: await this.exports.create(inputOf(body), caller.actor.id) };
  }

  @Endpoint(replaceExportSchedule)
  replace(@From() caller: Caller, @Input() { params, body }: Parsed<typeof replaceExportSchedule>): Promise<void> {
    return this.exports.replace(params.schedule, inputOf(body), caller.actor.id);
  }

  @Endpoint(deleteExportSchedule)
  remove(@From() caller: Caller, @Input() { params }: Parsed<typeof deleteExportSchedule>): Promise<void> {
    return this.exports.remove(params.schedule, caller.actor.id);
  }

  @Endpoint(runExportSchedule)
  async run(@From() caller: Caller, @Input() { params }: Parsed<typeof runExportSchedule>): Promise<Reply<typeof runExportSchedule>> {
    return { due: await this.exports.runNow(params.schedule, caller.actor.id) };
  }

  @Endpoint(testExportSchedule)
  async test(@From() caller: Caller, @Input() { params }: Parsed<typeof testExportSchedule>): Promise<Reply<typeof testExportSchedule>> {
    return { objectKey: await this.exports.test(params.schedule, caller.actor.id) };
  }
}

function inputOf({ target, ...rest }: Parsed<typeof createExportSchedule>['body']): ScheduleInput {
  if (target.kind === 'folder') return { ...rest, target, secret: null };
  const { secretAccessKey, ...place } = target;
  return { ...rest, target: place, secret: secretAccessKey === null ? null : new Secret(secretAccessKey) };
}

function runView({ nextAtMs, startedAtMs, finishedAtMs, ...run }: ExportRun): Reply<typeof listExportSchedules>['items'][number]['runs'][number] {
  return { ...run, nextAttemptAt: isoOrNull(nextAtMs), startedAt: isoOrNull(startedAtMs), finishedAt: isoOrNull(finishedAtMs) };
}
