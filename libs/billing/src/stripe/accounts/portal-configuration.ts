import type Stripe from 'stripe';

const mark = { waybill_portal: 'tax' };

/**
 * The portal in which a tenant looks after its card, its address and its tax ids. Plans are not changed there. Stripe has no key of
 * ours for it, so it is found by its mark, and made where it is missing.
 */
export class PortalConfiguration {
  #id: string | null = null;

  constructor(private readonly stripe: Stripe) {}

  async id(): Promise<string> {
    this.#id ??= (await this.#find()) ?? (await this.#make());
    return this.#id;
  }

  async #find(): Promise<string | null> {
    for await (const { id, metadata } of this.stripe.billingPortal.configurations.list({ active: true, limit: 100 })) if (metadata?.['waybill_portal'] === mark.waybill_portal) return id;
    return null;
  }

  async #make(): Promise<string> {
    const made = await this.stripe.billingPortal.configurations.create(
      {
        features: { customer_update: { enabled: true, allowed_updates: ['name', 'email', 'address', 'tax_id'] }, invoice_history: { enabled: true }, payment_method_update: { enabled: true } },
        metadata: mark,
      },
      { idempotencyKey: 'waybill-portal-tax' },
    );
    return made.id;
  }
}
