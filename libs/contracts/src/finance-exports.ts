import { z } from 'zod';
import { timestamp } from './fields.js';
import { operation } from './operation.js';

const tag = 'Finance';
const read = ['auth_required', 'session_expired', 'permission_missing', 'api_key_invalid', 'api_key_revoked', 'api_key_expired'] as const;
const write = [...read, 'request_invalid', 'cross_site_refused', 'request_malformed_json'] as const;
const onTarget = ['egress_refused', 'export_folder_refused'] as const;
const onSave = [...write, ...onTarget, 'export_secret_missing', 'export_schedule_name_taken'] as const;
const onSchedule = [...write, 'export_schedule_not_found'] as const;
const params = z.object({ schedule: z.string().max(60).meta({ example: 'exs_06f1v3' }) });

const prefix = z.string().trim().max(200).regex(/^$|^(?!\.{1,2}(\/|$))[A-Za-z0-9._-]+(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._-]+)*$/, 'Use folders of letters, digits, ".", "_" and "-" with "/" between them, none at either end.').meta({ description: "Folders before the key, without a slash at either end; '' for none", example: 'waybill/finance' });
const bucketFields = {
  kind: z.literal('bucket'),
  endpoint: z.string().trim().max(300).regex(/^https?:\/\/[A-Za-z0-9._:[\]-]+\/?$/, 'Enter an address without a path, like https://s3.eu-central-1.amazonaws.com.').transform((text) => text.replace(/\/$/, '')).meta({ example: 'https://s3.eu-central-1.amazonaws.com' }),
  region: z.string().trim().regex(/^[A-Za-z0-9-]{1,40}$/, 'Enter a region, like eu-central-1.').meta({ example: 'eu-central-1' }),
  bucket: z.string().trim().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/, 'Enter the name of a bucket.').meta({ example: 'our-books' }),
  prefix,
  accessKeyId: z.string().trim().regex(/^[\x21-\x7e]{1,128}$/, 'Enter the access key id.'),
};
const folder = z.object({ kind: z.literal('folder'), prefix }).strict();
const targetSchema = z.discriminatedUnion('kind', [z.object(bucketFields).strict(), folder]).meta({ id: 'ExportTarget', description: 'An S3-compatible bucket, addressed by path, or a folder below the one of the installation; the secret is never shown' });

const facts = {
  name: z.string().trim().min(1).max(80).meta({ example: 'Journal for the books' }),
  export: z.enum(['journal', 'invoice_lines', 'hour_rows', 'invoice_json', 'invoice_pdf']).meta({ description: 'As CSV: journal: the GL journal; invoice_lines: lines of the invoices finalized in the time; hour_rows: the hours of the ledger, of all tenants. Of the invoices finalized in the time: invoice_json: a line of JSON each (NDJSON); invoice_pdf: their PDFs in an archive (tar)' }),
  every: z.enum(['daily', 'monthly']).meta({ description: 'daily: after each day (UTC), its month so far; monthly: the whole month, from the second day of the next one on, once every tenant has closed it' }),
  paused: z.boolean(),
};
const body = z
  .object({
    ...facts, paused: facts.paused.default(false),
    target: z.discriminatedUnion('kind', [
      z.object({ ...bucketFields, secretAccessKey: z.string().trim().regex(/^[\x21-\x7e]{1,256}$/, 'Enter the secret access key.').nullable().default(null).meta({ description: 'null keeps the one there is, as long as endpoint, bucket and key id stay' }) }).strict(),
      folder,
    ]),
  })
  .strict();

const runSchema = z
  .object({
    due: z.string().meta({ description: 'The day or month it is of', example: '2026-11-29' }), state: z.enum(['waiting', 'running', 'done', 'failed']), attempts: z.int(),
    nextAttemptAt: timestamp.nullable(), startedAt: timestamp.nullable(), finishedAt: timestamp.nullable(), bytes: z.int().nullable(), sha256: z.string().nullable().meta({ description: 'Of the file, hex' }),
    objectKey: z.string().nullable(), error: z.string().nullable().meta({ description: 'What went wrong with the last attempt, or what a month waits for, in a sentence' }),
  })
  .meta({ id: 'ExportRun' });

export const listExportSchedules = operation({
  id: 'listExportSchedules', tag, method: 'GET', path: '/api/v1/finance/export-schedules', permission: 'finance:read', status: 200, summary: 'Exports that are sent by the clock, with their last runs',
  reply: z.object({
    folderAllowed: z.boolean().meta({ description: 'Whether this installation writes exports into folders (EXPORT_FOLDER)' }),
    items: z.array(z.object({ id: z.string(), ...facts, target: targetSchema, runs: z.array(runSchema).meta({ description: 'The last five, newest first' }) }).meta({ id: 'ExportSchedule' })),
  }),
  errors: read,
});
export const createExportSchedule = operation({
  id: 'createExportSchedule', tag, method: 'POST', path: '/api/v1/finance/export-schedules', permission: 'finance:write', status: 201, summary: 'Send an export by the clock', body, reply: z.object({ id: z.string() }), errors: onSave,
});
export const replaceExportSchedule = operation({
  id: 'replaceExportSchedule', tag, method: 'PUT', path: '/api/v1/finance/export-schedules/{schedule}', permission: 'finance:write', status: 204, summary: 'Change, pause or resume a schedule', params, body, errors: [...onSave, 'export_schedule_not_found'],
});
export const deleteExportSchedule = operation({
  id: 'deleteExportSchedule', tag, method: 'DELETE', path: '/api/v1/finance/export-schedules/{schedule}', permission: 'finance:write', status: 204, summary: 'Delete a schedule and its list of runs; what they wrote stays', params, errors: onSchedule,
});
export const runExportSchedule = operation({
  id: 'runExportSchedule', tag, method: 'POST', path: '/api/v1/finance/export-schedules/{schedule}/run', permission: 'finance:write', status: 202, summary: 'Export the newest day or month that is over within a minute, over the file of an earlier run',
  params, reply: z.object({ due: z.string() }), errors: onSchedule,
});
export const testExportSchedule = operation({
  id: 'testExportSchedule', tag, method: 'POST', path: '/api/v1/finance/export-schedules/{schedule}/test', permission: 'finance:write', status: 200, summary: 'Write a file of one sentence to the target now',
  params, reply: z.object({ objectKey: z.string() }), errors: [...onSchedule, ...onTarget, 'export_secret_missing', 'export_target_failed'],
});
