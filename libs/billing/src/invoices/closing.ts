import type { TenantId } from '@waybill/kernel';
import type { ComposedInvoice, Invoice } from './invoice.js';
import type { Period } from './period.js';
import { noTax } from './tax.js';
import type { InvoiceTax } from './tax.js';

/** A gate of the close, a light on the board: green lets through, red stops, grey does not apply here. */
export interface Gate {
  readonly name: 'sealed' | 'confirmed' | 'compared' | 'taxed' | 'reviewed';
  readonly light: 'green' | 'red' | 'grey';
  /** Why it is not green, in a sentence; null when it is. */
  readonly reason: string | null;
}

/** One hour of one meter of a tenant, all of it: a later revision replaces the earlier one (billing.md §0.4). */
export interface MeterHour {
  readonly tenantId: TenantId;
  readonly meter: string;
  readonly hourMs: number;
  readonly revision: number;
  readonly quantity: bigint;
}

export type Pushed = { readonly state: 'accepted' } | { readonly state: 'retry'; readonly reason: string } | { readonly state: 'parked'; readonly code: string };

/**
 * Where hourly totals go that somebody else bills from (Stripe meters). Setting an hour twice is harmless. The local
 * ledger needs none; a sink never decides what is billed, it only has to agree (billing.md §0.2).
 */
export interface MeterSink {
  push(hour: MeterHour): Promise<Pushed>;
  /** What the other side has for the hours of a meter, by first millisecond. */
  summaries(tenantId: TenantId, meter: string, fromMs: number, toMs: number): Promise<ReadonlyMap<number, bigint>>;
}

/** The legal invoice, as far as ours takes it over: its tax is theirs. */
export interface Finalized {
  readonly stripeInvoiceId: string | null;
  readonly tax: InvoiceTax;
}

/**
 * Who turns a draft into the legal invoice and takes the money. `LocalCloser` numbers it here and waits for a bank
 * transfer; Stripe's closer claims, compares and finalizes its own (billing.md §0.6). Called with the draft computed and
 * all hours sealed. Repeating a call is harmless.
 */
export interface InvoiceCloser {
  readonly mode: 'offline' | 'stripe';
  /** Gates beyond ours: pushes confirmed, lines compared, tax computed. */
  gates(tenantId: TenantId, period: Period, draft: ComposedInvoice): Promise<readonly Gate[]>;
  /** The outside invoice, made legal there; its id is kept with ours. Fails when the two differ: then ours stays a draft. */
  finalize(invoice: Invoice): Promise<Finalized>;
}

/** Without a key of Stripe: nothing outside has to agree. */
export class LocalCloser implements InvoiceCloser {
  readonly mode = 'offline';

  gates(): Promise<readonly Gate[]> {
    return Promise.resolve([
      { name: 'confirmed', light: 'grey', reason: 'Billing runs on the local ledger.' },
      { name: 'compared', light: 'grey', reason: 'Billing runs on the local ledger.' },
      { name: 'taxed', light: 'grey', reason: 'Tax is not computed without Stripe.' },
    ]);
  }

  finalize(): Promise<Finalized> {
    return Promise.resolve({ stripeInvoiceId: null, tax: noTax });
  }
}
