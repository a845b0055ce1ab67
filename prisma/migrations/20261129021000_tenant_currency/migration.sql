-- safe
-- Currency of tenants that have paid, owe or were granted something already; new ones fix it as they do.
SELECT set_config('app.scope', 'system', false);
INSERT INTO billing_profiles AS p (tenant_id, currency)
SELECT DISTINCT ON (tenant_id) tenant_id, currency FROM (
  SELECT tenant_id, currency, created_at AS at FROM credit_grants
  UNION ALL SELECT tenant_id, currency, computed_at FROM invoices WHERE state IN ('finalized', 'paid', 'uncollectible') AND subtotal_cents <> 0
  UNION ALL SELECT c.tenant_id, b.currency, c.created_at FROM billing_contracts c JOIN price_books b ON b.id = c.price_book_id WHERE c.plan <> 'free'
  UNION ALL SELECT a.tenant_id, b.currency, a.billed_from FROM stripe_accounts a JOIN price_books b ON b.id = a.price_book_id WHERE a.subscription_id IS NOT NULL
) paid ORDER BY tenant_id, at
ON CONFLICT (tenant_id) DO UPDATE SET currency = coalesce(p.currency, excluded.currency);
SELECT set_config('app.scope', '', false);
