import { invoiceExportSchema } from '@waybill/contracts';
import { z } from 'zod';
import { UsageError } from '../failure.js';
import { NoJson, readMembers } from './json-members.js';
import type { TakeItem } from './json-members.js';

const { digests, rows, format, ...headShape } = invoiceExportSchema.shape;
/** Exports of before a second count was kept have none. */
const formats = z.enum(['waybill.invoice-export.1', format.value]);
const headSchema = z.object({ format: formats, ...headShape });
const digestSchema = digests.element.partial({ secondCount: true });

/** What `GET /api/v1/billing/invoices/{id}/export` answers. */
export type InvoiceExport = z.output<typeof invoiceExportSchema>;
/** Without what there is one of for each hour. */
export type ExportHead = z.output<typeof headSchema>;
export type DigestView = z.output<typeof digestSchema>;
export type RowView = InvoiceExport['rows'][number];

/** Takes what there may be millions of. */
export interface TakeHours {
  digest(digest: DigestView): void;
  row(row: RowView): void;
}

/** Reads an export, whatever its size; `place` is the name of the file. Fails with a sentence for what is none. */
export async function readExport(pieces: AsyncIterable<Uint8Array>, place: string, hours: TakeHours): Promise<ExportHead> {
  const refused = (error: z.ZodError, at = '') => new UsageError(`${place} is no export of an invoice: ${z.prettifyError(error).split(/\n(?=✖)/)[0]!.replace(/\n\s*/g, ' ')}${at}`);
  const each = <T>(name: string, schema: z.ZodType<T>, take: (item: T) => void): TakeItem => (item, index) => {
    const parsed = schema.safeParse(item);
    if (!parsed.success) throw refused(parsed.error, ` of ${name}[${index}]`);
    take(parsed.data);
  };
  let value: Record<string, unknown>;
  try {
    value = await readMembers(pieces, {
      digests: each<DigestView>('digests', digestSchema, (digest) => hours.digest(digest)),
      rows: each<RowView>('rows', rows.element, (row) => hours.row(row)),
    });
  } catch (cause) {
    if (cause instanceof NoJson) throw new UsageError(`${place}: this is no JSON.`, { cause });
    throw cause;
  }
  const parsed = (headSchema as z.ZodType<ExportHead>).safeParse(withTax(value));
  if (!parsed.success) throw refused(parsed.error);
  const { currency } = parsed.data.invoice;
  if (!/^[A-Z]{3}$/.test(currency)) throw new UsageError(`${place} is no export of an invoice: "${currency}" is no currency.`);
  return parsed.data;
}

/** An export from before invoices could have tax has none. */
function withTax(value: Record<string, unknown>): unknown {
  const { invoice } = value as { invoice?: Record<string, unknown> };
  if (invoice === null || typeof invoice !== 'object' || 'taxes' in invoice) return value;
  const notes = Array.isArray(invoice['creditNotes']) ? invoice['creditNotes'].map((note: object) => ({ taxCents: '0', ...note })) : invoice['creditNotes'];
  return { ...value, invoice: { ...invoice, taxCents: '0', taxes: [], billedTo: null, creditNotes: notes } };
}

/** An integer as text. Fails with a sentence that names the place it stands at. */
export function integer(text: string, at: string): bigint {
  if (!/^-?\d{1,38}$/.test(text)) throw new UsageError(`The export is damaged: ${at} is "${text}", which is no integer.`);
  return BigInt(text);
}

/** An integer from 0 on. */
export function count(text: string, at: string): bigint {
  const value = integer(text, at);
  if (value < 0n) throw new UsageError(`The export is damaged: ${at} is ${text}, which is below 0.`);
  return value;
}
