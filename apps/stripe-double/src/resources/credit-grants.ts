import { record, spendable } from '../billing/credits.js';
import type { Handlers } from '../handler.js';
import { list } from '../handler.js';
import type { CreditGrant, CreditTransaction } from '../state.js';
import { invalid } from '../stripe-failure.js';
import type { World } from '../world.js';

const money = (value: bigint, currency: string): object => ({ monetary: { currency, value }, type: 'monetary' });

function grantView(grant: CreditGrant): object {
  const { id, created, customer, currency, amount, category, name, priority, effectiveAt, expiresAt, voidedAt, metadata } = grant;
  return {
    id, object: 'billing.credit_grant', amount: money(amount, currency), applicability_config: { scope: { price_type: 'metered' } }, category, created, customer, customer_account: null,
    effective_at: effectiveAt, expires_at: expiresAt, livemode: false, metadata, name, priority, test_clock: null, updated: created, voided_at: voidedAt,
  };
}

function transactionView(world: World, row: CreditTransaction): object {
  const grant = world.grants.get(row.grant);
  const amount = money(row.amount, grant.currency);
  const where = row.invoice === null ? null : { invoice: row.invoice, invoice_line_item: row.line };
  const credit = row.kind === 'credits_granted' || row.kind === 'credits_application_invoice_voided';
  return {
    id: row.id, object: 'billing.credit_balance_transaction', created: row.created, credit_grant: row.grant, effective_at: row.created, livemode: false, test_clock: null, type: credit ? 'credit' : 'debit',
    credit: credit ? { amount, credits_application_invoice_voided: where, type: row.kind } : null, debit: credit ? null : { amount, credits_applied: where, type: row.kind },
  };
}

function end(world: World, grant: CreditGrant, kind: 'credits_expired' | 'credits_voided'): object {
  if (grant.voidedAt !== null) throw invalid('The credit grant is voided', 'id');
  if (kind === 'credits_voided' && grant.remaining !== grant.amount) throw invalid('A credit grant that was used cannot be voided; expire it', 'id');
  record(world, grant, kind, grant.remaining);
  grant.remaining = 0n;
  if (kind === 'credits_voided') grant.voidedAt = world.now();
  else grant.expiresAt = world.now();
  return grantView(grant);
}

export const creditGrants: Handlers = {
  'POST /v1/billing/credit_grants': ({ world, params }) => {
    const customer = world.customers.get(params.text('customer'), 'customer').id;
    const monetary = params.inner('amount')?.inner('monetary');
    const amount = monetary?.optionalAmount('value') ?? 0n;
    if (amount <= 0n) throw invalid('The amount must be positive', 'amount[monetary][value]');
    const priority = params.optionalInteger('priority') ?? 50;
    if (priority < 0 || priority > 100) throw invalid('priority must be between 0 and 100', 'priority');
    const grant: CreditGrant = {
      id: world.grants.newId(), created: world.now(), customer, currency: monetary?.text('currency') ?? 'usd', amount, category: params.choice('category', ['paid', 'promotional'], 'paid'),
      name: params.optionalText('name'), priority, effectiveAt: params.optionalInteger('effective_at') ?? world.now(), expiresAt: params.optionalInteger('expires_at'), voidedAt: null, remaining: amount,
      metadata: params.metadata(),
    };
    world.grants.add(grant);
    record(world, grant, 'credits_granted', amount);
    return grantView(grant);
  },
  'GET /v1/billing/credit_grants/{id}': ({ world, ids }) => grantView(world.grants.get(ids[0]!)),
  'GET /v1/billing/credit_grants': ({ world, params }) => {
    const customer = params.optionalText('customer');
    return list('/v1/billing/credit_grants', world.grants.page(params.page(), (row) => customer === null || row.customer === customer), grantView);
  },
  'POST /v1/billing/credit_grants/{id}/expire': ({ world, ids }) => end(world, world.grants.get(ids[0]!), 'credits_expired'),
  'POST /v1/billing/credit_grants/{id}/void': ({ world, ids }) => end(world, world.grants.get(ids[0]!), 'credits_voided'),
  'GET /v1/billing/credit_balance_summary': ({ world, params }) => {
    const customer = world.customers.get(params.text('customer'), 'customer').id;
    const grants = spendable(world, customer, 'usd');
    const balance = money(grants.reduce((sum, { remaining }) => sum + remaining, 0n), 'usd');
    return { object: 'billing.credit_balance_summary', balances: [{ available_balance: balance, ledger_balance: balance }], customer, customer_account: null, livemode: false };
  },
  'GET /v1/billing/credit_balance_transactions': ({ world, params }) => {
    const [customer, grant] = [params.optionalText('customer'), params.optionalText('credit_grant')];
    const fits = (row: CreditTransaction): boolean => (grant === null || row.grant === grant) && (customer === null || world.grants.get(row.grant).customer === customer);
    return list('/v1/billing/credit_balance_transactions', world.creditTransactions.page(params.page(), fits), (row) => transactionView(world, row));
  },
};
