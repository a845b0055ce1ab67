import { z } from 'zod';
import { resourceKind, timestamp } from './fields.js';

/** Minor units of the currency (cents; yen) as text: money is never a JSON number. */
export const amountCents = z.string().regex(/^-?\d{1,18}$/).meta({ description: 'Minor units of the currency, an integer as text: "1634" is $16.34', example: '1634' });
export const positiveCents = z.string().regex(/^[1-9]\d{0,14}$/).meta({ description: 'Minor units of the currency above 0, as text', example: '5000' });
export const amountE12 = z.string().meta({ description: 'Exact amount in 10^-12 of the minor unit, an integer as text', example: '403200000000000' });
export const unitPrice = z.string().meta({ description: 'Price of one unit in minor units, all decimals', example: '0.00004' });
export const quantity = z.string().meta({ description: 'An integer as text: it can exceed 2^53', example: '1296000' });
export const periodName = z.string().regex(/^\d{4}-\d{2}$/).meta({ description: 'Month, UTC', example: '2026-11' });
export const currency = z.string().meta({ description: 'ISO 4217', example: 'USD' });
export const reason = z.string().trim().min(3).max(500);
export const lightSchema = z.enum(['green', 'red', 'grey']);

export const invoiceStates = ['draft', 'finalized', 'paid', 'uncollectible', 'void'] as const;
export const lineKinds = ['base', 'usage', 'adjustment', 'included_credit', 'minimum', 'credit'] as const;
export const billingModels = ['simple', 'metered', 'routed', 'flat', 'committed'] as const;

export const tierSchema = z
  .object({ upTo: quantity.nullable().meta({ description: 'Last unit of the tier; null: no end' }), unitPrice, flatPrice: unitPrice })
  .meta({ id: 'PriceTier' });

export const priceSchema = z
  .object({
    dimension: z.string(), description: z.string(), unit: z.string(),
    cause: z.string().nullable().meta({ description: 'The cause it is for; null: all without a price of their own' }),
    kind: z.enum(['graduated', 'volume', 'flat']), tiers: z.array(tierSchema),
  })
  .meta({ id: 'Price' });

export const priceBookSchema = z
  .object({
    id: z.string(), name: z.string(), version: z.int(), currency, model: z.enum(billingModels),
    baseFeeCents: amountCents, minimumCents: amountCents, includedCreditCents: amountCents, prices: z.array(priceSchema),
  })
  .meta({ id: 'PriceBook' });
export type PriceBookView = z.output<typeof priceBookSchema>;

export const planSchema = z
  .object({
    name: z.string(), title: z.string(), model: z.enum(billingModels), priceBookId: z.string(), currency,
    baseFeeCents: amountCents, minimumCents: amountCents, includedCreditCents: amountCents,
    selfService: z.boolean(), needsPaymentMethod: z.boolean(), namespaces: z.int().nullable(), features: z.array(z.string()),
    quotas: z.record(z.string(), quantity).nullable().meta({ description: 'Units of a month after which publishing is refused, by dimension' }),
  })
  .meta({ id: 'Plan' });
export type PlanView = z.output<typeof planSchema>;

export const tierChargeSchema = z
  .object({ above: quantity, upTo: quantity.nullable(), quantity, unitPrice, flatPrice: unitPrice, amountE12 })
  .meta({ id: 'TierCharge', description: 'quantity x unitPrice + flatPrice = amount' });

/** Who did something. */
export const actorSchema = z
  .object({ id: z.string().meta({ description: 'Of a person (usr_…), an API key (key_…), or the part of the service that did it, like dunning', example: 'usr_06f1v3' }), email: z.string().nullable().meta({ description: 'null: no person, one without an account any more, or one who is not of the tenant that asks', example: 'ada@example.com' }) })
  .meta({ id: 'Actor' });
export type ActorView = z.output<typeof actorSchema>;

export const disputeSchema = z
  .object({
    state: z.enum(['open', 'upheld', 'rejected']), reason: z.string(), openedBy: actorSchema, openedAt: timestamp,
    decision: z.string().nullable(), decidedAt: timestamp.nullable(),
  })
  .meta({ id: 'Dispute' });

export const subLineSchema = z
  .object({
    namespaceId: z.string(), namespace: z.string().nullable(), quantity, amountE12,
    resources: z.array(z.object({ id: z.string(), kind: resourceKind, name: z.string().nullable(), quantity, amountE12 })),
  })
  .meta({ id: 'SubLine', description: 'Share of a namespace; its resources add up to it, the namespaces to the line' });

export const invoiceLineSchema = z
  .object({
    id: z.string(), kind: z.enum(lineKinds), dimension: z.string().nullable(), cause: z.string().nullable(), description: z.string(),
    quantity, freeQuantity: quantity, billedQuantity: quantity, unit: z.string(), unitPrice, tiers: z.array(tierChargeSchema),
    amountE12, roundingE12: amountE12.meta({ description: 'What rounding to whole minor units added' }), amountCents,
    evidence: z.string().nullable().meta({ description: 'SHA-256 of the usage, hex' }),
    adjustment: z.object({ id: z.string(), hour: timestamp, reason: z.string() }).nullable(),
    dispute: disputeSchema.nullable(), creditedCents: amountCents,
  })
  .meta({ id: 'InvoiceLine' });
export type InvoiceLineView = z.output<typeof invoiceLineSchema>;

const head = {
  period: periodName, periodStart: timestamp, periodEnd: timestamp, plan: z.string(), priceBookId: z.string(), priceBookVersion: z.int(), currency,
  subtotalCents: amountCents.meta({ description: 'Before credits and tax' }), creditCents: amountCents,
  totalCents: amountCents.meta({ description: 'To be paid: before tax until it is finalized, then with the tax that was added' }),
};

export const invoiceTaxSchema = z
  .object({
    name: z.string().meta({ example: 'VAT' }), jurisdiction: z.string().nullable().meta({ example: 'DE' }),
    percent: z.string().nullable().meta({ description: 'Decimal; null where the tax is no percentage', example: '8.375' }),
    inclusive: z.boolean().meta({ description: 'true: part of the amounts of the lines. false: on top of them' }),
    reason: z.string().meta({ description: "Stripe's word, such as standard_rated, reverse_charge, not_collecting" }), taxableCents: amountCents.nullable(), amountCents,
  })
  .meta({ id: 'InvoiceTax', description: 'Tax of one rate, as Stripe computed it' });
export type InvoiceTaxView = z.output<typeof invoiceTaxSchema>;

const addressLine = z.string().nullable();
export const billedToSchema = z
  .object({
    name: z.string().nullable(), taxIds: z.array(z.object({ type: z.string(), value: z.string() })),
    address: z.object({ line1: addressLine, line2: addressLine, postalCode: addressLine, city: addressLine, state: addressLine, country: addressLine }).nullable(),
  })
  .meta({ id: 'BilledTo', description: 'Whom the invoice was made out to, as Stripe has it' });
export type BilledToView = z.output<typeof billedToSchema>;

export const composedInvoiceSchema = z
  .object({ ...head, asOf: timestamp, openHours: z.int().meta({ description: 'Hours that are not sealed yet' }), evidence: z.string(), lines: z.array(invoiceLineSchema) })
  .meta({ id: 'InvoicePreview' });

export const invoiceSummarySchema = z
  .object({
    id: z.string(), number: z.string().nullable(), state: z.enum(invoiceStates), ...head, taxCents: amountCents.meta({ description: 'Added on top, in the total' }), settledCents: amountCents, dueCents: amountCents,
    computedAt: timestamp, finalizedAt: timestamp.nullable(), dueAt: timestamp.nullable(), settledAt: timestamp.nullable(), disputes: z.int(),
  })
  .meta({ id: 'InvoiceSummary' });
export type InvoiceSummary = z.output<typeof invoiceSummarySchema>;

export const creditNoteSchema = z
  .object({ id: z.string(), number: z.string(), invoiceId: z.string(), lineId: z.string(), amountCents, taxCents: amountCents.meta({ description: 'On top of the amount' }), reason: z.string(), approvedBy: actorSchema.nullable(), createdAt: timestamp })
  .meta({ id: 'CreditNote' });

export const paymentSchema = z
  .object({ id: z.string(), amountCents, method: z.enum(['bank_transfer', 'stripe']), reference: z.string(), receivedAt: timestamp })
  .meta({ id: 'Payment' });

export const refundSchema = z
  .object({
    id: z.string(), amountCents, method: z.enum(['bank_transfer', 'stripe']), reference: z.string().nullable(), reason: z.string(), createdAt: timestamp, failure: z.string().nullable(),
    state: z.enum(['pending', 'done', 'failed']).meta({ description: 'pending: on its way. failed: it did not arrive, and is credit now' }),
  })
  .meta({ id: 'Refund' });

export const invoiceSchema = invoiceSummarySchema
  .extend({
    evidence: z.string(), lines: z.array(invoiceLineSchema), taxes: z.array(invoiceTaxSchema), billedTo: billedToSchema.nullable(), creditNotes: z.array(creditNoteSchema), payments: z.array(paymentSchema), refunds: z.array(refundSchema),
  })
  .meta({ id: 'Invoice' });
export type InvoiceView = z.output<typeof invoiceSchema>;

export const creditGrantSchema = z
  .object({
    id: z.string(), source: z.enum(['promotional', 'purchased', 'top_up', 'goodwill']), reason: z.string(), priority: z.int(), currency,
    amountCents, remainingCents: amountCents, expiresAt: timestamp.nullable(), createdAt: timestamp,
  })
  .meta({ id: 'CreditGrant' });
