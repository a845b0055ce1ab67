import type { Clock, Logger } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { ExportFiles } from './export-files.js';
import { objectKeyOf, periodOfDue } from './export-schedule.js';
import type { Turn } from './export-run.store.js';
import type { ExportStores } from './scheduled-exports.js';
import { secretOf } from './scheduled-exports.js';
import type { Spooled } from './spool.js';

const minuteMs = 60_000;
/** Longer than a file may take to be written and sent: a run that another worker takes up is one whose worker died. */
export const exportLeaseMs = 30 * minuteMs;
/** Waits before the second attempt, the third, ...; after the last one it is given up and finance is told. */
export const exportRetriesMs: readonly number[] = [minuteMs, 5 * minuteMs, 30 * minuteMs, 120 * minuteMs, 360 * minuteMs];

export interface ExportReport {
  readonly planned: number;
  readonly done: number;
  readonly retried: number;
  readonly failed: number;
}

/**
 * Makes each due run once. What it rests on is the row of the run: killed anywhere, it is taken up again and writes the same object once more.
 */
export class ExportRunner {
  constructor(
    private readonly stores: ExportStores,
    private readonly files: ExportFiles,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Fails when the database cannot be reached. */
  async run(): Promise<ExportReport> {
    const report = { planned: await this.stores.runs.plan(this.clock.nowMs()), done: 0, retried: 0, failed: 0 };
    for (let turn; (turn = await this.stores.runs.claim(this.clock.nowMs(), exportLeaseMs)) !== null; ) {
      const outcome = await this.#make(turn);
      if (outcome !== 'lost') report[outcome] += 1;
    }
    return report;
  }

  async #make(turn: Turn): Promise<'done' | 'retried' | 'failed' | 'lost'> {
    const { schedule, due } = turn;
    const objectKey = objectKeyOf(schedule, due);
    let file: Spooled;
    try {
      file = await this.stores.spools.make((write) => this.files.write(schedule.export, periodOfDue(due), write));
      await this.stores.targets.put(schedule.target, secretOf(schedule, this.stores.box), objectKey, file);
    } catch (error) {
      return this.#fail(turn, error);
    }
    const { bytes, sha256 } = file;
    if (!(await this.stores.runs.done(turn, { bytes, sha256, objectKey }, this.clock.nowMs()))) return 'lost';
    this.logger.info('export.sent', { schedule: schedule.name, due, objectKey, bytes });
    await this.stores.alerts.clear('export_failed', schedule.id);
    return 'done';
  }

  async #fail(turn: Turn, error: unknown): Promise<'retried' | 'failed' | 'lost'> {
    const { schedule, due, attempts } = turn;
    const waitMs = exportRetriesMs[attempts - 1];
    const nowMs = this.clock.nowMs();
    const reason = wordsOf(error);
    this.logger.warn('export.failed', { schedule: schedule.name, due, attempts, error: error as Error });
    if (!(await this.stores.runs.failed(turn, reason, waitMs === undefined ? null : nowMs + waitMs, nowMs))) return 'lost';
    if (waitMs !== undefined) return 'retried';
    await this.stores.alerts.raise({ code: 'export_failed', subject: schedule.id, tenantId: null, detail: `${schedule.name}, ${due}: ${reason}` });
    return 'failed';
  }
}

/** For people of finance; what is not about their target is in the log alone. */
function wordsOf(error: unknown): string {
  if (!(error instanceof WaybillError)) return 'The file could not be made. The log of the worker says why.';
  if (error.code === 'egress_refused') return `The endpoint may not be called: ${String(error.params['reason'])}.`;
  const { reason } = error.params;
  return typeof reason === 'string' ? `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.` : error.message;
}
