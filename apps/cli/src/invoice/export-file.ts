import { exportInvoice } from '@waybill/contracts';
import type { Reply } from '@waybill/contracts';
import { z } from 'zod';
import { UsageError } from '../failure.js';

/** What `GET /api/v1/billing/invoices/{id}/export` answers. */
export type InvoiceExport = Reply<typeof exportInvoice>;

/** The export in a text; `place` is the name of the file. Fails with a sentence for what is none. */
export function parseExport(text: string, place: string): InvoiceExport {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${place}: this is no JSON.`, { cause });
  }
  const parsed = (exportInvoice.reply as z.ZodType<InvoiceExport>).safeParse(withTax(value));
  if (!parsed.success) throw new UsageError(`${place} is no export of an invoice: ${z.prettifyError(parsed.error).split(/\n(?=✖)/)[0]!.replace(/\n\s*/g, ' ')}`);
  const { currency } = parsed.data.invoice;
  if (!/^[A-Z]{3}$/.test(currency)) throw new UsageError(`${place} is no export of an invoice: "${currency}" is no currency.`);
  return parsed.data;
}

/** An export from before invoices could have tax has none. */
function withTax(value: unknown): unknown {
  const { invoice } = (value ?? {}) as { invoice?: Record<string, unknown> };
  if (invoice === null || typeof invoice !== 'object' || 'taxes' in invoice) return value;
  const notes = Array.isArray(invoice['creditNotes']) ? invoice['creditNotes'].map((note: object) => ({ taxCents: '0', ...note })) : invoice['creditNotes'];
  return { ...(value as object), invoice: { ...invoice, taxCents: '0', taxes: [], billedTo: null, creditNotes: notes } };
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
