import { describe, expect, it } from '@jest/globals';
import { withDouble } from './testing/with-double.js';
import type { Doubled } from './testing/with-double.js';

const germany = { country: 'DE', line1: '1 Main Street', city: 'Anytown', postal_code: '10115', line2: '', state: '' };

async function customerIn({ stripe }: Doubled, country: string | null, vatId?: string): Promise<string> {
  const { id } = await stripe.customers.create({ name: 'Acme', ...(country === null ? {} : { address: { ...germany, country } }) });
  await stripe.customers.update(id, { invoice_settings: { default_payment_method: 'pm_card_visa' } });
  if (vatId !== undefined) await stripe.customers.createTaxId(id, { type: 'eu_vat', value: vatId });
  return id;
}

async function draftOf({ stripe }: Doubled, customer: string, amount: number, behavior: 'exclusive' | 'inclusive' = 'exclusive') {
  const { id } = await stripe.invoices.create({ customer, currency: 'eur', auto_advance: false, automatic_tax: { enabled: true } });
  await stripe.invoiceItems.create({ customer, invoice: id!, amount, currency: 'eur', tax_behavior: behavior, description: 'One' });
  return stripe.invoices.retrieve(id!);
}

describe('automatic tax', () => {
  it('adds exclusive tax to the total, and takes inclusive tax out of it', async () => {
    const at = await withDouble();
    const customer = await customerIn(at, 'DE');
    const added = await draftOf(at, customer, 1_000);
    expect(added).toMatchObject({ subtotal: 1_000, total: 1_190, total_excluding_tax: 1_000, automatic_tax: { enabled: true, status: 'complete' }, customer_address: { country: 'DE' } });
    expect(added.total_taxes).toMatchObject([{ amount: 190, taxable_amount: 1_000, tax_behavior: 'exclusive', taxability_reason: 'standard_rated' }]);
    expect(await at.stripe.taxRates.retrieve(added.total_taxes![0]!.tax_rate_details!.tax_rate)).toMatchObject({ display_name: 'VAT', percentage: 19, country: 'DE', jurisdiction: 'DE', inclusive: false });
    const within = await draftOf(at, customer, 1_190, 'inclusive');
    expect(within).toMatchObject({ subtotal: 1_190, subtotal_excluding_tax: 1_000, total: 1_190, total_excluding_tax: 1_000 });
    expect(within.lines.data[0]!.taxes).toMatchObject([{ amount: 190, taxable_amount: 1_000, tax_behavior: 'inclusive' }]);
  });

  it('needs to know where the customer is', async () => {
    const at = await withDouble();
    const customer = await customerIn(at, null);
    const draft = await draftOf(at, customer, 1_000);
    expect(draft).toMatchObject({ total: 1_000, total_taxes: [], automatic_tax: { status: 'requires_location_inputs' } });
    await expect(at.stripe.invoices.finalizeInvoice(draft.id)).rejects.toMatchObject({ code: 'customer_tax_location_invalid' });
    await at.stripe.customers.update(customer, { address: germany });
    expect(await at.stripe.invoices.finalizeInvoice(draft.id)).toMatchObject({ total: 1_190, status: 'open' });
  });

  it('is 0 for a business elsewhere, which owes it itself, and where nobody is registered', async () => {
    const at = await withDouble();
    const business = await draftOf(at, await customerIn(at, 'DE', 'DE123456789'), 1_000);
    expect(business).toMatchObject({ total: 1_000, customer_tax_ids: [{ type: 'eu_vat', value: 'DE123456789' }], total_taxes: [{ amount: 0, taxability_reason: 'reverse_charge' }] });
    expect((await draftOf(at, await customerIn(at, 'IE', 'IE1234567A'), 1_000)).total).toBe(1_230);
    expect((await draftOf(at, await customerIn(at, 'BR'), 1_000)).total_taxes).toMatchObject([{ amount: 0, taxability_reason: 'not_collecting' }]);
  });

  it('goes back with what is credited, to the cent over several notes', async () => {
    const at = await withDouble();
    const { stripe } = at;
    const draft = await draftOf(at, await customerIn(at, 'DE'), 333);
    await stripe.invoices.finalizeInvoice(draft.id, { auto_advance: true });
    const paid = await stripe.invoices.retrieve(draft.id);
    expect(paid).toMatchObject({ status: 'paid', amount_paid: 396 });
    const line = (amount: number) => [{ type: 'invoice_line_item' as const, invoice_line_item: paid.lines.data[0]!.id, amount }];
    await expect(stripe.creditNotes.create({ invoice: draft.id, lines: [{ type: 'custom_line_item', description: 'x', quantity: 1, unit_amount: 1 }], out_of_band_amount: 1 })).rejects.toThrow(/custom_line_item/);
    const seen = await stripe.creditNotes.preview({ invoice: draft.id, lines: line(111) });
    const first = await stripe.creditNotes.create({ invoice: draft.id, lines: line(111), out_of_band_amount: seen.total });
    expect(first).toMatchObject({ subtotal: 111, total: seen.total, total_excluding_tax: 111, total_taxes: [{ amount: 21, taxable_amount: 111 }] });
    const rest = await stripe.creditNotes.preview({ invoice: draft.id, lines: line(222) });
    expect(rest.total + first.total).toBe(396);
    await expect(stripe.creditNotes.preview({ invoice: draft.id, lines: line(223) })).rejects.toThrow(/left to credit/);
  });

  it('refuses negative items, and a Checkout that only takes a card', async () => {
    const at = await withDouble();
    const customer = await customerIn(at, 'DE');
    const { id } = await draftOf(at, customer, 1_000);
    await expect(at.stripe.invoiceItems.create({ customer, invoice: id, amount: -1, currency: 'eur' })).rejects.toThrow(/Negative/);
    await expect(at.stripe.checkout.sessions.create({ mode: 'setup', customer, currency: 'eur', automatic_tax: { enabled: true }, success_url: 'http://localhost' })).rejects.toThrow(/setup/);
  });
});
