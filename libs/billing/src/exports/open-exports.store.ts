import type { Database } from '@waybill/database';
import type { Logger } from '@waybill/kernel';
import { Alerts } from '../alerts/alerts.js';
import type { Billing } from '../open-billing.store.js';
import type { ExportTargets, SecretBoxOfExports } from './export-schedule.js';
import { ExportFiles } from './export-files.js';
import { HourRowStore } from './hour-rows.store.js';
import { ExportRunStore } from './export-run.store.js';
import { ExportRunner } from './export-runner.js';
import { ExportScheduleStore } from './export-schedule.store.js';
import { InvoiceLineStore } from './invoice-lines.store.js';
import { ScheduledExports } from './scheduled-exports.js';

export interface ExportOptions {
  readonly database: Database;
  readonly billing: Pick<Billing, 'journal' | 'spools' | 'alerts' | 'clock' | 'invoices' | 'documents'>;
  readonly targets: ExportTargets;
  readonly box: SecretBoxOfExports;
  readonly logger: Logger;
}

/** Scheduled exports: what finance sets, and what the worker makes of it. */
export function openExports({ database, billing: { journal, spools, alerts, clock, invoices, documents }, targets, box, logger }: ExportOptions): { readonly schedules: ScheduledExports; readonly runner: ExportRunner } {
  const stores = { schedules: new ExportScheduleStore(database), runs: new ExportRunStore(database), targets, box, spools, alerts: new Alerts(alerts, clock, logger) };
  const files = new ExportFiles({ journal, invoices, documents, lines: new InvoiceLineStore(database), hours: new HourRowStore(database) });
  return { schedules: new ScheduledExports(stores, clock), runner: new ExportRunner(stores, files, clock, logger) };
}
