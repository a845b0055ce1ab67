import { z } from 'zod';
import {
  amountCents, amountE12, composedInvoiceSchema, creditGrantSchema, currency, invoiceSchema, invoiceSummarySchema, periodName, planSchema, positiveCents, priceBookSchema,
  quantity, reason, subLineSchema,
} from './billing-fields.js';
import { page, pageQuery, resourceKind, timestamp } from './fields.js';
import { operation } from './operation.js';

const tag = 'Billing';
const read = ['auth_required', 'session_expired', 'api_key_invalid', 'api_key_revoked', 'api_key_expired', 'permission_missing'] as const;
const write = [...read, 'cross_site_refused', 'request_malformed_json', 'request_invalid'] as const;
const invoiceParams = z.object({ invoice: z.string().meta({ example: 'inv_06f1v3' }) });
const lineParams = invoiceParams.extend({ line: z.string().meta({ example: 'il_06f1v3' }) });
const ofInvoice = [...read, 'invoice_not_found'] as const;

export const billingSchema = z
  .object({
    mode: z.enum(['offline', 'stripe']).meta({ description: 'offline: invoices are paid by bank transfer and marked paid by finance' }),
    card: z.enum(['none', 'active', 'past_due', 'canceled', 'deleted']).nullable().meta({
      description: 'none: no card was given. active: it is charged. past_due: a payment failed. canceled: the subscription ended. deleted: the customer is gone at the payment provider. null: no card can be given here',
    }),
    currency, plan: planSchema, priceBookVersion: z.int(),
    since: timestamp.meta({ description: 'Start of the contract; of the tenant, when it never chose a plan' }),
    next: z.object({ plan: z.string(), startsAt: timestamp }).nullable().meta({ description: 'A change of plan that waits for the next period' }),
    period: periodName, periodEnd: timestamp,
    publishing: z.object({ allowed: z.boolean(), reason: z.enum(['spend_cap', 'namespace_cap', 'quota', 'dunning', 'none']) }),
    dunning: z
      .object({
        day: z.int().meta({ description: 'Stage in force: 0, 3, 7, 14, 30, 37, 60, 83 or 90 days after the due day' }), overdueSince: timestamp,
        stopped: z.array(z.enum(['new_queues', 'publishing', 'consuming'])).meta({ description: 'What is refused with `payment_overdue` until the invoice is paid' }),
        deletionAt: timestamp.meta({ description: 'From then on what the tenant has is deleted; announced on day 60' }),
      })
      .nullable(),
    deletion: z
      .object({
        state: z.enum(['planned', 'running', 'stopped', 'done']).meta({ description: 'stopped: it was paid half-way; what was left is kept' }), invoice: z.string(), number: z.string(),
        at: timestamp.meta({ description: 'When it is planned for, began, or ended' }), held: z.boolean(), queues: z.int().nullable().meta({ description: 'Queues there were when it began' }),
        exchanges: z.int().nullable(), subscriptions: z.int().nullable(), keys: z.int().nullable(),
      })
      .nullable()
      .meta({ description: 'Keys, subscriptions, queues, messages and exchanges are deleted when an invoice is not paid; invoices, usage and its evidence are kept' }),
    billingEmail: z.string().nullable(), paymentTermsDays: z.int(), purchaseOrder: z.string().nullable(),
  })
  .meta({ id: 'Billing' });
export type BillingView = z.output<typeof billingSchema>;

export const getBilling = operation({
  id: 'getBilling', tag, method: 'GET', path: '/api/v1/billing', permission: 'billing:read', status: 200, summary: 'Plan, contract and state of billing', reply: billingSchema, errors: read,
});
export const changeBillingEmail = operation({
  id: 'changeBillingEmail', tag, method: 'PUT', path: '/api/v1/billing/email', permission: 'billing:write', status: 200, summary: 'Where invoices and notices go',
  body: z.object({ email: z.email().max(254).nullable() }).strict(), reply: billingSchema, errors: write,
});
export const listPlans = operation({
  id: 'listPlans', tag, method: 'GET', path: '/api/v1/billing/plans', permission: 'billing:read', status: 200, summary: 'Plans with their newest price book',
  reply: z.object({ items: z.array(planSchema) }), errors: read,
});
export const getPriceBook = operation({
  id: 'getPriceBook', tag, method: 'GET', path: '/api/v1/billing/price-books/{priceBook}', permission: 'billing:read', status: 200, summary: 'Every price of one version of a price book',
  params: z.object({ priceBook: z.string().meta({ example: 'pb_list1' }) }), reply: priceBookSchema, errors: [...read, 'price_book_not_found'],
});
export const changePlan = operation({
  id: 'changePlan', tag, method: 'PUT', path: '/api/v1/billing/plan', permission: 'billing:write', status: 200,
  summary: 'Change the plan from the next period on; the present plan again takes a waiting change back', body: z.object({ plan: z.string() }).strict(), reply: billingSchema,
  errors: [...write, 'plan_not_found', 'plan_not_self_service', 'plan_limit_exceeded', 'currency_mismatch'],
});

export const capSchema = z
  .object({
    capCents: positiveCents.nullable().meta({ description: 'Publishing stops when the month has cost so much, before credits; null: no cap' }),
    namespaces: z.array(z.object({ namespace: z.string(), capCents: positiveCents })),
  })
  .meta({ id: 'SpendCap' });
export const getCap = operation({
  id: 'getCap', tag, method: 'GET', path: '/api/v1/billing/cap', permission: 'billing:read', status: 200, summary: 'Spend cap, what is spent, and by how much it can be overshot',
  reply: z.object({
    cap: capSchema, currency, spentCents: amountCents, percent: z.int().nullable(),
    notices: z.array(z.object({ scope: z.string(), percent: z.int(), sentAt: timestamp })),
    overshootCents: amountCents.nullable().meta({ description: 'Most that can be spent above the cap: rate limit x 10 s x price; null: no rate limit is set' }),
  }),
  errors: read,
});
export const putCap = operation({
  id: 'putCap', tag, method: 'PUT', path: '/api/v1/billing/cap', permission: 'billing:write', status: 200, summary: 'Set the spend cap; in force within 10 seconds', body: capSchema, reply: capSchema,
  errors: [...write, 'namespace_not_found'],
});

const costRow = z.object({ dimension: z.string(), description: z.string(), unit: z.string(), quantity, freeLeft: quantity, amountCents, amountE12 });
export const getCost = operation({
  id: 'getCost', tag, method: 'GET', path: '/api/v1/billing/cost', permission: 'billing:read', status: 200, summary: 'What this period has cost so far, and what it will cost',
  reply: z
    .object({
      period: periodName, asOf: timestamp, currency, soFarCents: amountCents, forecastCents: amountCents.meta({ description: 'At the pace of the last seven days' }), capCents: amountCents.nullable(),
      creditCents: amountCents.meta({ description: 'Left in grants' }), dimensions: z.array(costRow),
      resources: z.array(z.object({ namespaceId: z.string(), namespace: z.string().nullable(), id: z.string(), kind: resourceKind, name: z.string().nullable(), amountE12 }))
        .meta({ description: 'The 20 that cost most' }),
      days: z.array(z.object({ day: z.string(), amountE12 })).meta({ description: 'Share of each day' }),
    })
    .meta({ id: 'Cost' }),
  errors: [...read, 'price_unknown'],
});
export const previewInvoice = operation({
  id: 'previewInvoice', tag, method: 'GET', path: '/api/v1/billing/preview', permission: 'billing:read', status: 200, summary: 'The invoice of the running period as it would be now',
  reply: composedInvoiceSchema, errors: [...read, 'price_unknown'],
});
export const whatIf = operation({
  id: 'whatIf', tag, method: 'GET', path: '/api/v1/billing/what-if', permission: 'billing:read', status: 200, summary: "A past month's real usage on another plan",
  query: z.object({ plan: z.string(), period: periodName.optional().meta({ description: 'Default: last month' }) }),
  reply: z.object({ actual: composedInvoiceSchema, other: composedInvoiceSchema, differenceCents: amountCents }), errors: [...read, 'request_invalid', 'plan_not_found', 'period_invalid', 'price_unknown'],
});
export const calculatePrice = operation({
  id: 'calculatePrice', tag, method: 'POST', path: '/api/v1/billing/calculator', permission: 'billing:read', status: 200, summary: 'What quantities would cost on a plan',
  body: z.object({ plan: z.string(), quantities: z.record(z.string().max(60), quantity) }).strict(), reply: composedInvoiceSchema.pick({ currency: true, lines: true, subtotalCents: true }),
  errors: [...write, 'plan_not_found', 'quantity_invalid', 'price_unknown'],
});
export const getCredits = operation({
  id: 'getCredits', tag, method: 'GET', path: '/api/v1/billing/credits', permission: 'billing:read', status: 200, summary: 'Credit, grant by grant, in the order it is burnt',
  reply: z.object({
    currency, balanceCents: amountCents, afterOpenPeriodCents: amountCents.meta({ description: 'What would be left if the period ended now' }), items: z.array(creditGrantSchema),
    topUp: z.object({ amountCents: positiveCents, belowCents: positiveCents, monthlyCeilingCents: positiveCents, coolDownHours: z.int() }).nullable(),
  }),
  errors: read,
});
export const putTopUp = operation({
  id: 'putTopUp', tag, method: 'PUT', path: '/api/v1/billing/credits/top-up', permission: 'billing:write', status: 204, summary: 'Buy credit by itself when it runs low; null stops it',
  body: z.object({
    topUp: z.object({ amountCents: positiveCents, belowCents: positiveCents, monthlyCeilingCents: positiveCents, coolDownHours: z.int().min(1).max(744).default(24) }).strict().nullable(),
  }).strict(),
  errors: [...write, 'credit_invalid'],
});

export const listInvoices = operation({
  id: 'listInvoices', tag, method: 'GET', path: '/api/v1/billing/invoices', permission: 'billing:read', status: 200, summary: 'Invoices, newest first; drafts are left out', query: pageQuery,
  reply: page(invoiceSummarySchema), errors: [...read, 'request_invalid', 'page_token_invalid'],
});
export const getInvoice = operation({
  id: 'getInvoice', tag, method: 'GET', path: '/api/v1/billing/invoices/{invoice}', permission: 'billing:read', status: 200, summary: 'One invoice with its lines', params: invoiceParams, reply: invoiceSchema, errors: ofInvoice,
});
export const getInvoiceLine = operation({
  id: 'getInvoiceLine', tag, method: 'GET', path: '/api/v1/billing/invoices/{invoice}/lines/{line}', permission: 'billing:read', status: 200,
  summary: 'Shares of a line by namespace and by queue or exchange; they add up to it exactly', params: lineParams,
  reply: z.object({ amountE12, namespaces: z.array(subLineSchema) }), errors: [...ofInvoice, 'invoice_line_not_found'],
});
export const getInvoicePdf = operation({
  id: 'getInvoicePdf', tag, method: 'GET', path: '/api/v1/billing/invoices/{invoice}/pdf', permission: 'billing:read', status: 200, summary: 'The invoice as PDF', params: invoiceParams,
  reply: z.string(), replyType: 'application/pdf', errors: ofInvoice,
});
export const getInvoiceCsv = operation({
  id: 'getInvoiceCsv', tag, method: 'GET', path: '/api/v1/billing/invoices/{invoice}/csv', permission: 'billing:read', status: 200, summary: 'Lines and their shares as CSV; no cell is a formula. What is shorter than its content-length is not whole', params: invoiceParams,
  reply: z.string(), replyType: 'text/csv', errors: ofInvoice,
});
const secondCountSchema = z
  .object({
    messages: z.object({ count: quantity, bytes: quantity, sha256: z.string().meta({ description: 'Over the sorted ids, each followed by a line feed, hex' }), whole: z.boolean().meta({ description: 'The log has as many messages as the ledger' }) })
      .nullable().meta({ description: 'What the message log had of the hour; null: none was kept' }),
    units: z.record(z.string(), quantity).meta({ description: 'By dimension; what is missing could not be counted again' }),
  })
  .meta({ id: 'SecondCount', description: 'What an hour was counted again to from the message log and the recorded calls, when it was sealed; null: not yet' });

const exportRowSchema = z
  .object({
    hour: timestamp, namespaceId: z.string(), dimension: z.string(), cause: z.string(), resourceId: z.string(), quantity: quantity.nullable().meta({ description: 'Of the ledger, which is billed; null: it has none' }),
    late: quantity.optional().meta({ description: 'Booked after the hour was sealed, billed in another month; left out where there is none' }),
    counted: quantity.optional().meta({ description: 'The second count; left out where there is none. It is quantity + late, or something was lost' }),
  })
  .meta({ id: 'InvoiceExportRow' });

export const invoiceExportSchema = z
  .object({
    format: z.literal('waybill.invoice-export.2'), invoice: invoiceSchema, priceBook: priceBookSchema,
    digests: z.array(z.object({ namespaceId: z.string(), hour: timestamp, sha256: z.string().meta({ description: 'Of the rows of the ledger, hex' }), secondCount: secondCountSchema.nullable() })),
    rows: z.array(exportRowSchema),
  })
  .meta({ id: 'InvoiceExport' });
export const exportInvoice = operation({
  id: 'exportInvoice', tag, method: 'GET', path: '/api/v1/billing/invoices/{invoice}/export', permission: 'billing:read', status: 200,
  summary: 'Everything the invoice was computed from, for `waybill verify-invoice`: hour rows with their second count, prices, digests', params: invoiceParams,
  reply: invoiceExportSchema,
  errors: ofInvoice,
});
export const disputeLine = operation({
  id: 'disputeLine', tag, method: 'POST', path: '/api/v1/billing/invoices/{invoice}/lines/{line}/dispute', permission: 'billing:write', status: 201, summary: 'Dispute a line; it is frozen until finance has decided',
  params: lineParams, body: z.object({ reason }).strict(), reply: invoiceSchema, errors: [...write, 'invoice_not_found', 'invoice_line_not_found', 'invoice_state_conflict', 'invoice_dispute_open'],
});
