import { z } from 'zod';
import { actorSchema, amountCents, amountE12, creditGrantSchema, currency, invoiceSchema, invoiceStates, invoiceSummarySchema, lightSchema, periodName, positiveCents, quantity, reason } from './billing-fields.js';
import { page, pageQuery, timestamp } from './fields.js';
import { operation } from './operation.js';

const tag = 'Finance';
const read = ['auth_required', 'session_expired', 'permission_missing', 'api_key_invalid', 'api_key_revoked', 'api_key_expired', 'request_invalid'] as const;
const write = [...read, 'cross_site_refused', 'request_malformed_json'] as const;
const invoiceParams = z.object({ invoice: z.string().meta({ example: 'inv_06f1v3' }) });
const lineParams = invoiceParams.extend({ line: z.string() });
const period = z.object({ period: periodName.optional().meta({ description: 'Default: the last month' }) });
const tenantParams = z.object({ tenant: z.string().max(60) });
const onInvoice = [...write, 'invoice_not_found', 'invoice_state_conflict'] as const;

/** One row a currency that occurs: minor units of two are never added. */
const byCurrency = <Shape extends z.ZodRawShape>(shape: Shape) => z.array(z.object({ currency, ...shape })).meta({ description: 'One row a currency: amounts of two are never added' });
const invoiceTotals = byCurrency({ count: z.int(), totalCents: amountCents, dueCents: amountCents });

export const approvalSchema = z
  .object({
    id: z.string(), action: z.string(), subject: z.string(), tenantId: z.string(), tenant: z.string(), amountCents, currency, state: z.enum(['open', 'approved', 'rejected']),
    payload: z.record(z.string(), z.unknown()), requestedBy: actorSchema, requestedAt: timestamp, decidedBy: actorSchema.nullable(), decidedAt: timestamp.nullable(),
  })
  .meta({ id: 'Approval' });

/** What an action that may need two persons answers. */
const outcomeSchema = z
  .object({ outcome: z.enum(['done', 'approval_needed']), approval: approvalSchema.nullable() })
  .meta({ id: 'FinanceOutcome', description: 'approval_needed: another person must approve before anything happens' });

/** The history keeps the id in `after`; here is who that is. */
const askedBy = actorSchema.nullable().meta({ description: 'Of a decision: who had asked for it' });
const tenantRef = { tenantId: z.string(), tenant: z.string() };
export const financeInvoiceSchema = invoiceSummarySchema.extend({ ...tenantRef, holdReason: z.string().nullable() }).meta({ id: 'FinanceInvoice' });

const alertSchema = z
  .object({ code: z.string(), subject: z.string(), tenantId: z.string().nullable(), tenant: z.string().nullable(), detail: z.string(), raisedAt: timestamp })
  .meta({ id: 'BillingAlert', description: 'What a person of finance must see to; docs/guides/stripe.md and docs/guides/scheduled-exports.md say what to do about each code' });

export const getFinanceOverview = operation({
  id: 'getFinanceOverview', tag, method: 'GET', path: '/api/v1/finance/overview', permission: 'finance:read', status: 200, summary: 'The figures of a month, what waits and who may do what', query: period,
  reply: z
    .object({
      mode: z.enum(['offline', 'stripe']), period: periodName,
      money: byCurrency({
        invoicedCents: amountCents, paidCents: amountCents, openCents: amountCents, overdueCents: amountCents, draftCents: amountCents, unbilledCents: amountCents, creditLiabilityCents: amountCents,
      }),
      openApprovals: z.int(), openDisputes: z.int(), holds: z.int(), twoPersonLimitCents: amountCents.meta({ description: 'Minor units of the currency of what is done' }), mayWrite: z.boolean(), mayApprove: z.boolean(),
      alerts: z.array(alertSchema).meta({ description: 'What a person has to look at, oldest first; each goes by itself when its reason does' }),
    })
    .meta({ id: 'FinanceOverview' }),
  errors: [...read, 'period_invalid'],
});
export const getRevenue = operation({
  id: 'getRevenue', tag, method: 'GET', path: '/api/v1/finance/revenue', permission: 'finance:read', status: 200, summary: 'Invoiced revenue of a month by tenant, dimension or plan, without tax, and the tax',
  query: period.extend({ by: z.enum(['tenant', 'dimension', 'plan']).default('tenant') }),
  reply: z.object({
    period: periodName, totals: byCurrency({ totalCents: amountCents, taxCents: amountCents }),
    items: z.array(z.object({ key: z.string(), label: z.string(), currency, amountCents, taxCents: amountCents.meta({ description: 'On top of the prices or in them; of a dimension its share of the tax of its invoices' }), previousCents: amountCents, invoices: z.int() })),
  }),
  errors: [...read, 'period_invalid'],
});
export const getUnbilled = operation({
  id: 'getUnbilled', tag, method: 'GET', path: '/api/v1/finance/unbilled', permission: 'finance:read', status: 200, summary: 'What the running month has cost each tenant so far', query: pageQuery,
  reply: page(z.object({ ...tenantRef, plan: z.string(), currency, amountCents, asOf: timestamp })).extend({ totals: byCurrency({ totalCents: amountCents }) }), errors: [...read, 'page_token_invalid'],
});
/** Why two counts differ; docs/guides/stripe.md says what to do about each. */
export const varianceCauses = [
  'ledger_changed', 'lost_counter', 'lost_log', 'not_sent', 'waiting', 'parked', 'too_old', 'stripe_lag', 'overwritten', 'late', 'invoice', 'stripe_invoice', 'price',
  'preview', 'currency', 'period', 'foreign_line', 'stripe_credit', 'customer_deleted', 'no_subscription',
] as const;
export const getVariance = operation({
  id: 'getVariance', tag, method: 'GET', path: '/api/v1/finance/variance', permission: 'finance:read', status: 200,
  summary: "Where two counts of the same thing differed when they were last compared: message log, ledger, entries, pushes, Stripe, invoices and, while the month runs, Stripe's preview of it", query: period,
  reply: z.object({
    period: periodName, stripe: z.enum(['on', 'off']).meta({ description: 'off: this installation has no Stripe, so nothing is pushed or summed there' }), tenants: z.int(),
    checkedAt: timestamp.nullable().meta({ description: 'The oldest comparison that counts; null before the first' }), failed: z.array(z.object({ ...tenantRef, reason: z.string() })),
    items: z.array(
      z.object({
        ...tenantRef, of: z.enum(['hour', 'month', 'preview']).meta({ description: "preview: what would be billed for the sealed hours of the running month, beside Stripe's preview" }),
        dimension: z.string().nullable().meta({ description: 'null: found of the whole invoice' }), hour: timestamp.nullable().meta({ description: 'null: the whole month. Of a preview: the first hour that explains it' }), log: quantity.nullable(), ledger: quantity, entries: quantity,
        late: quantity.meta({ description: 'Booked after the hour was sealed; an adjustment of a later month' }), pushed: quantity.nullable(), stripe: quantity.nullable(), invoice: quantity.nullable(),
        stripeInvoice: quantity.nullable(), preview: quantity.nullable(), ourCents: amountCents.nullable().meta({ description: 'Of a preview: what the line costs here' }),
        stripeCents: amountCents.nullable().meta({ description: 'Of a preview: what it costs at Stripe' }), cause: z.enum(varianceCauses), owner: z.enum(['worker', 'finance', 'stripe', 'nobody']), ageHours: z.int(), atStakeE12: amountE12, currency,
      }),
    ),
  }),
  errors: [...read, 'period_invalid'],
});
export const compareTenant = operation({
  id: 'compareTenant', tag, method: 'POST', path: '/api/v1/finance/tenants/{tenant}/comparison', permission: 'finance:write', status: 200, summary: "Compare the counts of a tenant's month now", params: tenantParams,
  body: z.object({ period: periodName }).strict(), reply: z.object({ checkedAt: timestamp, differences: z.int() }), errors: [...write, 'tenant_not_found', 'period_invalid', 'stripe_unavailable'],
});
export const sendPushesAgain = operation({
  id: 'sendPushesAgain', tag, method: 'POST', path: '/api/v1/finance/tenants/{tenant}/pushes/send-again', permission: 'finance:write', status: 200,
  summary: 'Send the hour totals that Stripe refused again, once the cause is removed', params: tenantParams, body: z.object({ reason }).strict(), reply: z.object({ pushes: z.int() }),
  errors: [...write, 'tenant_not_found', 'stripe_off', 'stripe_customer_deleted'],
});
export const usageBatchSchema = z
  .object({
    namespaceId: z.string(), tenantId: z.string().nullable().meta({ description: 'null: no such namespace is known' }), tenant: z.string().nullable(), batchId: z.string(),
    state: z.enum(['parked', 'lost']).meta({ description: 'parked: it is kept whole. lost: its counters are gone' }), sealedAt: timestamp.nullable(), counters: z.int().nullable(), reason: z.string(),
  })
  .meta({ id: 'UsageBatch', description: 'Counted usage that could not be booked, and is on no invoice' });
export const listUsageBatches = operation({
  id: 'listUsageBatches', tag, method: 'GET', path: '/api/v1/finance/usage-batches', permission: 'finance:read', status: 200, summary: 'Batches of usage that could not be booked, a hundred of each namespace at most',
  reply: z.object({ items: z.array(usageBatchSchema) }), errors: read,
});
export const resolveUsageBatch = operation({
  id: 'resolveUsageBatch', tag, method: 'POST', path: '/api/v1/finance/usage-batches/{batch}/resolve', permission: 'finance:write', status: 200,
  summary: 'Try to book a batch of usage again, or drop it for good; always two persons', params: z.object({ batch: z.string().max(60) }),
  description: 'Dropped usage is on no invoice. The history keeps who asked, who approved, why, and what the batch had. Dropping a batch that is lost ends its alert.',
  body: z.object({ namespaceId: z.string().max(60), decision: z.enum(['retry', 'drop']), reason }).strict(), reply: outcomeSchema, errors: [...write, 'usage_batch_not_found', 'usage_batch_lost'],
});
/** What is deleted of a tenant whose invoice is not paid, and how far that is. */
export const deletionSchema = z
  .object({
    ...tenantRef, invoiceId: z.string(), number: z.string(), overdueSince: timestamp, state: z.enum(['planned', 'running', 'stopped', 'done']).meta({ description: 'stopped: it was paid half-way; what was left is kept' }),
    plannedAt: timestamp.meta({ description: 'Day 90 after the due day, or later: 30 days after the first notice was really sent, seven after the last' }),
    noticeSentAt: timestamp.nullable(), lastNoticeSentAt: timestamp.nullable(), hold: z.object({ reason: z.string(), by: actorSchema, at: timestamp }).nullable(),
    startedAt: timestamp.nullable(), endedAt: timestamp.nullable(), step: z.string().nullable().meta({ description: 'What was being deleted last' }), failure: z.string().nullable(),
    inventory: z.object({ namespaces: z.int(), keys: z.int(), portalLinks: z.int(), subscriptions: z.int(), sources: z.int(), queues: z.int(), exchanges: z.int() }).nullable().meta({ description: 'What there was when it began' }),
  })
  .meta({ id: 'TenantDeletion' });
export const listDeletions = operation({
  id: 'listDeletions', tag, method: 'GET', path: '/api/v1/finance/deletions', permission: 'finance:read', status: 200, summary: 'Tenants that are to be deleted because an invoice is not paid, the next day first, and those that were',
  reply: z.object({ items: z.array(deletionSchema) }), errors: read,
});
export const holdDeletion = operation({
  id: 'holdDeletion', tag, method: 'PUT', path: '/api/v1/finance/tenants/{tenant}/deletion-hold', permission: 'finance:write', status: 204,
  summary: 'Hold the deletion of what a tenant has, one under way too, or let go with `reason: null`; then the tenant is told once more, seven days before', params: tenantParams,
  body: z.object({ reason: reason.nullable() }).strict(), errors: [...write, 'tenant_not_found'],
});
export const getCloseBoard = operation({
  id: 'getCloseBoard', tag, method: 'GET', path: '/api/v1/finance/close-board', permission: 'finance:read', status: 200, summary: 'Gates of a month by tenant, oldest blocker first', query: period.extend(pageQuery.shape),
  reply: page(
    z.object({
      ...tenantRef, invoiceId: z.string().nullable(), number: z.string().nullable(), state: z.enum(['open', ...invoiceStates]), totalCents: amountCents, currency, holdReason: z.string().nullable(),
      gates: z.array(z.object({ name: z.enum(['sealed', 'confirmed', 'compared', 'taxed', 'reviewed', 'finalized', 'paid']), light: lightSchema, reason: z.string().nullable() })), blockedSince: timestamp.nullable(),
      alerts: z.array(alertSchema),
    }),
  ).extend({ period: periodName, totals: invoiceTotals.meta({ description: 'Invoices of the month, of all tenants' }) }),
  errors: [...read, 'period_invalid', 'page_token_invalid'],
});
export const listFinanceInvoices = operation({
  id: 'listFinanceInvoices', tag, method: 'GET', path: '/api/v1/finance/invoices', permission: 'finance:read', status: 200, summary: 'Invoices of all tenants, with totals',
  query: pageQuery.extend({ period: periodName.optional(), state: z.enum(invoiceStates).optional(), plan: z.string().max(60).optional(), tenant: z.string().max(60).optional(), disputed: z.stringbool().optional() }),
  reply: page(financeInvoiceSchema).extend({ totals: invoiceTotals }), errors: [...read, 'period_invalid', 'page_token_invalid'],
});
export const getFinanceInvoice = operation({
  id: 'getFinanceInvoice', tag, method: 'GET', path: '/api/v1/finance/invoices/{invoice}', permission: 'finance:read', status: 200, summary: 'One invoice with its lines, notes and history', params: invoiceParams,
  reply: invoiceSchema.extend({ ...tenantRef, holdReason: z.string().nullable(), history: z.array(z.object({ at: timestamp, actor: actorSchema, approvedBy: actorSchema.nullable(), requestedBy: askedBy, action: z.string(), after: z.unknown() })) }).meta({ id: 'FinanceInvoiceDetail' }),
  errors: [...read, 'invoice_not_found'],
});
export const finalizeInvoices = operation({
  id: 'finalizeInvoices', tag, method: 'POST', path: '/api/v1/finance/finalize', permission: 'finance:write', status: 200, summary: 'Finalize drafts; above the limit another person approves',
  body: z.object({ invoices: z.array(z.string()).min(1).max(200) }).strict(),
  reply: z.object({ items: z.array(z.object({ invoiceId: z.string(), outcome: z.enum(['done', 'approval_needed', 'refused']), code: z.string().nullable(), detail: z.string().nullable() })) }), errors: write,
});
export const holdInvoice = operation({
  id: 'holdInvoice', tag, method: 'PUT', path: '/api/v1/finance/invoices/{invoice}/hold', permission: 'finance:write', status: 204, summary: 'Hold an invoice, or release it with `reason: null`',
  params: invoiceParams, body: z.object({ reason: reason.nullable() }).strict(), errors: onInvoice,
});
export const noteInvoice = operation({
  id: 'noteInvoice', tag, method: 'POST', path: '/api/v1/finance/invoices/{invoice}/notes', permission: 'finance:write', status: 204, summary: 'Write a note into the history of an invoice', params: invoiceParams,
  body: z.object({ text: reason }).strict(), errors: [...write, 'invoice_not_found'],
});
export const creditLine = operation({
  id: 'creditLine', tag, method: 'POST', path: '/api/v1/finance/invoices/{invoice}/lines/{line}/credit-notes', permission: 'finance:write', status: 200, summary: 'Credit note for a line',
  params: lineParams, body: z.object({ amountCents: positiveCents, reason }).strict(), reply: outcomeSchema,
  errors: [...onInvoice, 'invoice_line_not_found', 'credit_note_too_large', 'credit_note_needs_refund', 'credit_not_splittable', 'credit_note_outrun', 'stripe_unavailable', 'stripe_off', 'invoice_dispute_open'],
});
export const decideDispute = operation({
  id: 'decideDispute', tag, method: 'POST', path: '/api/v1/finance/invoices/{invoice}/lines/{line}/dispute/decision', permission: 'finance:write', status: 204,
  summary: 'Decide a dispute; an upheld one is followed by a credit note', params: lineParams, body: z.object({ outcome: z.enum(['upheld', 'rejected']), reason }).strict(),
  errors: [...write, 'invoice_not_found', 'dispute_not_found'],
});
export const recordPayment = operation({
  id: 'recordPayment', tag, method: 'POST', path: '/api/v1/finance/invoices/{invoice}/payments', permission: 'finance:write', status: 200, summary: 'Mark an invoice paid by bank transfer; above the limit another person approves',
  params: invoiceParams, body: z.object({ amountCents: positiveCents, reference: z.string().trim().min(3).max(140), receivedAt: timestamp }).strict(), reply: outcomeSchema,
  errors: [...onInvoice, 'payment_mismatch', 'payment_duplicated'],
});
export const refundInvoice = operation({
  id: 'refundInvoice', tag, method: 'POST', path: '/api/v1/finance/invoices/{invoice}/refunds', permission: 'finance:write', status: 200,
  summary: 'Give money of a paid invoice back, with credit notes for it; above the limit another person approves', params: invoiceParams,
  body: z.object({ amountCents: positiveCents, reference: z.string().trim().min(3).max(140).nullable().default(null).meta({ description: 'Of the bank transfer back; null: through Stripe' }), reason }).strict(), reply: outcomeSchema,
  errors: [...onInvoice, 'invoice_dispute_open', 'refund_too_large', 'refund_needs_reference', 'payment_duplicated', 'credit_not_splittable', 'credit_note_outrun', 'stripe_unavailable', 'stripe_off'],
});
export const writeOffInvoice = operation({
  id: 'writeOffInvoice', tag, method: 'POST', path: '/api/v1/finance/invoices/{invoice}/write-off', permission: 'finance:write', status: 200, summary: 'Mark an invoice uncollectible, or void it',
  params: invoiceParams, body: z.object({ as: z.enum(['uncollectible', 'void']), reason }).strict(), reply: outcomeSchema, errors: onInvoice,
});
export const adjustUsage = operation({
  id: 'adjustUsage', tag, method: 'POST', path: '/api/v1/finance/adjustments', permission: 'finance:write', status: 200, summary: 'Correct a closed hour by a line in the open period; always two persons',
  body: z.object({ tenantId: z.string(), namespaceId: z.string(), hour: timestamp, dimension: z.string(), cause: z.string(), resourceId: z.string(), delta: z.string().regex(/^-?[1-9]\d{0,14}$/), reason }).strict(),
  reply: outcomeSchema, errors: [...write, 'tenant_not_found', 'namespace_not_found', 'hour_not_sealed', 'adjustment_invalid'],
});
export const grantCredit = operation({
  id: 'grantCredit', tag, method: 'POST', path: '/api/v1/finance/credits', permission: 'finance:write', status: 200, summary: 'Grant credit to a tenant; above the limit another person approves',
  body: z.object({ tenantId: z.string(), amountCents: positiveCents, currency, source: z.enum(['promotional', 'purchased', 'goodwill']), priority: z.int().min(0).max(100).default(50), expiresAt: timestamp.nullable(), reason }).strict(),
  reply: outcomeSchema, errors: [...write, 'tenant_not_found', 'credit_invalid', 'currency_unknown', 'currency_mismatch'],
});
export const listTenantCredits = operation({
  id: 'listTenantCredits', tag, method: 'GET', path: '/api/v1/finance/tenants/{tenant}/credits', permission: 'finance:read', status: 200, summary: 'Credit grants of a tenant', params: z.object({ tenant: z.string() }),
  reply: z.object({ balanceCents: amountCents, items: z.array(creditGrantSchema) }), errors: [...read, 'tenant_not_found'],
});
export const setContract = operation({
  id: 'setContract', tag, method: 'PUT', path: '/api/v1/finance/tenants/{tenant}/contract', permission: 'finance:write', status: 204, summary: 'Give a tenant a plan by contract from the next period on',
  params: z.object({ tenant: z.string() }), body: z.object({ plan: z.string(), priceBookId: z.string().optional(), paymentTermsDays: z.int().min(0).max(120).default(30), purchaseOrder: z.string().max(60).nullable() }).strict(),
  errors: [...write, 'tenant_not_found', 'plan_not_found', 'price_book_not_found', 'currency_mismatch'],
});
export const listApprovals = operation({
  id: 'listApprovals', tag, method: 'GET', path: '/api/v1/finance/approvals', permission: 'finance:read', status: 200, summary: 'What waits for a second person, oldest first', query: z.object({ state: z.enum(['open', 'approved', 'rejected']).default('open') }),
  reply: z.object({ items: z.array(approvalSchema) }), errors: read,
});
export const decideApproval = operation({
  id: 'decideApproval', tag, method: 'POST', path: '/api/v1/finance/approvals/{approval}/decision', permission: 'finance:approve', status: 200, summary: 'Approve or reject what another person asked for',
  params: z.object({ approval: z.string() }), body: z.object({ decision: z.enum(['approve', 'reject']) }).strict(), reply: approvalSchema,
  errors: [
    ...write, 'approval_not_found', 'approval_same_person', 'approval_decided', 'invoice_not_found', 'invoice_state_conflict', 'invoice_on_hold', 'invoice_gate_closed', 'invoice_dispute_open',
    'credit_note_too_large', 'credit_note_needs_refund', 'credit_not_splittable', 'credit_note_outrun', 'stripe_unavailable', 'stripe_off', 'refund_too_large', 'refund_needs_reference', 'payment_mismatch', 'payment_duplicated', 'adjustment_invalid', 'credit_invalid', 'price_unknown',
    'usage_batch_not_found', 'usage_batch_lost',
  ],
});
export const exportJournal = operation({
  id: 'exportJournal', tag, method: 'GET', path: '/api/v1/finance/journal', permission: 'finance:read', status: 200, summary: 'GL journal of a month as CSV: revenue by dimension, receivables, credit liability, cash; debits equal credits. What is shorter than its content-length is not whole', query: period,
  reply: z.string(), replyType: 'text/csv', errors: [...read, 'period_invalid'],
});
export const listFinanceEvents = operation({
  id: 'listFinanceEvents', tag, method: 'GET', path: '/api/v1/finance/events', permission: 'finance:read', status: 200, summary: 'Who did and approved what, newest first', query: pageQuery.extend({ tenant: z.string().max(60).optional(), subject: z.string().max(80).optional() }),
  reply: page(z.object({ id: z.string(), at: timestamp, ...tenantRef, actor: actorSchema, approvedBy: actorSchema.nullable(), requestedBy: askedBy, action: z.string(), subject: z.string(), before: z.unknown(), after: z.unknown(), currency: currency.nullable().meta({ description: 'Of amounts in before and after; null of what concerns no tenant' }) })),
  errors: [...read, 'page_token_invalid'],
});
