import type { createExportSchedule, listExportSchedules, Parsed, Reply } from '@waybill/contracts';

export type ExportSchedule = Reply<typeof listExportSchedules>['items'][number];
export type ExportRunView = ExportSchedule['runs'][number];
type Body = Parsed<typeof createExportSchedule>['body'];

/** What the form holds: text, for both kinds of target. */
export interface ExportDraft extends Record<string, unknown> {
  readonly name: string;
  readonly export: ExportSchedule['export'];
  readonly every: ExportSchedule['every'];
  readonly kind: 'bucket' | 'folder';
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export const newExportDraft: ExportDraft = { name: '', export: 'journal', every: 'monthly', kind: 'bucket', endpoint: '', region: '', bucket: '', prefix: '', accessKeyId: '', secretAccessKey: '' };

export function draftOfExport({ name, export: kind, every, target }: ExportSchedule): ExportDraft {
  return { ...newExportDraft, name, export: kind, every, ...target };
}

export function exportBody(draft: ExportDraft, paused: boolean): Body {
  const { name, export: kind, every, endpoint, region, bucket, prefix, accessKeyId, secretAccessKey } = draft;
  const target: Body['target'] = draft.kind === 'folder' ? { kind: 'folder', prefix } : { kind: 'bucket', endpoint, region, bucket, prefix, accessKeyId, secretAccessKey: secretAccessKey === '' ? null : secretAccessKey };
  return { name, export: kind, every, paused, target };
}

export const exportFields = ['name', 'export', 'every', 'endpoint', 'region', 'bucket', 'prefix', 'accessKeyId', 'secretAccessKey'] as const;
const needed = (what: string) => (text: unknown, { kind }: ExportDraft) => (kind === 'bucket' && text === '' ? `Enter ${what}.` : null);
export const exportRules = {
  name: (text: string) => (text.trim() === '' ? 'Enter a name.' : null),
  endpoint: needed('the address of the service'), region: needed('the region'), bucket: needed('the name of the bucket'), accessKeyId: needed('the access key id'),
};

export const exportWords: Readonly<Record<ExportSchedule['export'], string>> = { journal: 'GL journal', invoice_lines: 'Invoice lines', hour_rows: 'Hour rows', invoice_json: 'Invoices as JSON', invoice_pdf: 'Invoices as PDF' };
/** What the form says of a choice. */
export const exportHelp: Readonly<Record<ExportSchedule['export'], string>> = {
  journal: 'Double entry of invoices, payments and credit, as CSV.',
  invoice_lines: 'The lines of all invoices finalized in the time, as CSV.',
  hour_rows: 'The hours of the usage ledger of all tenants, as CSV.',
  invoice_json: 'All invoices finalized in the time, each a line of JSON.',
  invoice_pdf: 'The PDFs of all invoices finalized in the time, in one tar archive.',
};
export const everyWords: Readonly<Record<ExportSchedule['every'], string>> = { daily: 'daily, the month so far', monthly: 'monthly, after the close' };

export function targetWords({ target }: ExportSchedule): string {
  if (target.kind === 'folder') return `folder ${target.prefix === '' ? 'of the installation' : target.prefix}`;
  return `${target.bucket}${target.prefix === '' ? '' : `/${target.prefix}`} at ${target.endpoint.replace(/^https?:\/\//, '')}`;
}
