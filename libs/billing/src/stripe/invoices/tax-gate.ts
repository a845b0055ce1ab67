import Stripe from 'stripe';
import type { TenantId } from '@waybill/kernel';
import type { Alerts } from '../../alerts/alerts.js';
import type { Gate } from '../../invoices/closing.js';

/** What Stripe answers to a call that needs the customer's place (docs.stripe.com/error-codes#customer-tax-location-invalid). */
const locationInvalid = 'customer_tax_location_invalid';

export function needsLocation(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeError && error.code === locationInvalid;
}

const whatToDo = {
  stripe_tax_needs_location: 'Stripe does not know where the customer is, so it cannot compute tax. Ask the tenant to enter its address under Billing, Plan and limits, or enter it at the customer in Stripe; then the invoice is finalized by itself.',
  stripe_tax_failed: 'Stripe could not compute the tax. Look at its tax settings (head office, registrations, tax code of the products) and its status page; it is tried again by itself.',
} as const;
type TaxAlert = keyof typeof whatToDo;

/** Holds an invoice until its tax is computed. Stripe computes it; what is missing for that is for a person. */
export class TaxGate {
  constructor(
    private readonly stripe: Stripe,
    private readonly alerts: Alerts,
    /** STRIPE_AUTOMATIC_TAX. */
    readonly isOn: boolean,
  ) {}

  /** Whether tax is, or will be, computed on an invoice. */
  isTaxed(invoice: Stripe.Invoice): boolean {
    return invoice.automatic_tax.enabled || (this.isOn && invoice.status === 'draft');
  }

  /** Has the tax of a draft computed as things are now, and says whether it was. */
  async gate(tenantId: TenantId, invoice: Stripe.Invoice): Promise<Gate> {
    if (!this.isTaxed(invoice)) return { name: 'taxed', light: 'grey', reason: 'STRIPE_AUTOMATIC_TAX is off: the invoice has no tax.' };
    const current = invoice.status === 'draft' ? await this.#computed(invoice.id) : invoice;
    if (current === null || current.automatic_tax.status === 'requires_location_inputs') return this.closed(tenantId, invoice.id, 'stripe_tax_needs_location');
    if (current.automatic_tax.status !== 'complete') return this.closed(tenantId, invoice.id, 'stripe_tax_failed');
    for (const code of ['stripe_tax_needs_location', 'stripe_tax_failed'] as const) await this.alerts.clear(code, invoice.id);
    return { name: 'taxed', light: 'green', reason: null };
  }

  /** The gate shut, with the alert that says what to do. */
  async closed(tenantId: TenantId, stripeInvoiceId: string, code: TaxAlert): Promise<Gate> {
    await this.alerts.raise({ code, subject: stripeInvoiceId, tenantId, detail: whatToDo[code] });
    return { name: 'taxed', light: 'red', reason: whatToDo[code] };
  }

  /** Turning it on computes it anew, so that an address given since then counts. Null without the customer's place. */
  async #computed(stripeInvoiceId: string): Promise<Stripe.Invoice | null> {
    try {
      return await this.stripe.invoices.update(stripeInvoiceId, { automatic_tax: { enabled: true } });
    } catch (error) {
      if (needsLocation(error)) return null;
      throw error;
    }
  }
}
