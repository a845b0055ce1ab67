import { z } from 'zod';
import { operation } from './operation.js';

const tag = 'Billing';
const write = ['auth_required', 'session_expired', 'api_key_invalid', 'api_key_revoked', 'api_key_expired', 'permission_missing', 'cross_site_refused'] as const;
const hosted = z.object({ url: z.url().meta({ description: "Address of the payment provider's page; open it in the browser" }) }).meta({ id: 'HostedPage' });

export const beginCheckout = operation({
  id: 'beginCheckout', tag, method: 'POST', path: '/api/v1/billing/checkout', permission: 'billing:write', status: 201, summary: 'A page of the payment provider on which a person gives a card',
  description: 'When it is done, invoices are paid by this card. Nothing is charged before the month is over.', reply: hosted,
  errors: [...write, 'stripe_off', 'stripe_unavailable', 'stripe_subscription_exists', 'stripe_customer_deleted'],
});
export const openBillingPortal = operation({
  id: 'openBillingPortal', tag, method: 'POST', path: '/api/v1/billing/portal', permission: 'billing:write', status: 201, summary: 'A page of the payment provider for card, tax id and past payments', reply: hosted,
  errors: [...write, 'stripe_off', 'stripe_unavailable', 'stripe_customer_deleted'],
});
export const receiveStripeWebhook = operation({
  id: 'receiveStripeWebhook', tag, method: 'POST', path: '/api/v1/stripe/webhook', permission: 'public', status: 200, summary: 'Where Stripe sends its events',
  description: 'For Stripe alone: the raw body must be signed. Snapshot and thin events; their ids are stored, what they are about is fetched.', body: 'bytes',
  reply: z.object({ received: z.boolean() }), errors: ['stripe_off', 'webhook_signature_invalid', 'request_body_too_large'],
});
