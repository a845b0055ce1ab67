import { fraction, round } from '../pricing.js';
import type { CreditNoteLine, Invoice, InvoiceLine } from '../state.js';
import { invalid } from '../stripe-failure.js';
import type { Address, Party, Tax } from '../tax-state.js';
import { nulls } from '../world.js';
import type { World } from '../world.js';

export type TaxStatus = 'complete' | 'requires_location_inputs' | 'failed';

/** Elsewhere a country is enough, in the United States it takes the postal code (docs.stripe.com/tax/customer-locations). */
export function isLocated(address: Address | null): boolean {
  return address !== null && address.country !== null && (address.country !== 'US' || address.postal_code !== null);
}

export function locationInvalid(status: TaxStatus): Error {
  if (status === 'failed') return invalid('Tax could not be computed. Try again later.', 'automatic_tax', 'tax_calculation_failed');
  return invalid("The customer's location isn't recognized. Set a valid customer address in order to automatically calculate tax.", 'automatic_tax', 'customer_tax_location_invalid');
}

/** Whom an invoice is for: the customer as they are, until it is final. */
export function partyOf(world: World, { customer, party }: Pick<Invoice, 'customer' | 'party'>): Party {
  if (party !== null) return party;
  const { address, taxExempt, taxIds } = world.customers.get(customer);
  return { address, taxExempt, taxIds: taxIds.map(({ type, value }) => ({ type, value })) };
}

/** Null where no tax is computed. */
export function taxStatusOf(world: World, invoice: Invoice): TaxStatus | null {
  if (!invoice.automaticTax) return null;
  if (invoice.party !== null) return 'complete';
  if (world.rules.taxComputation === 'fails') return 'failed';
  return isLocated(partyOf(world, invoice).address) || !world.rules.taxNeedsCustomerLocation ? 'complete' : 'requires_location_inputs';
}

/** Tax of a line on what credit leaves of it; as it was once the invoice is final. */
export function taxesOf(world: World, invoice: Invoice, line: InvoiceLine): readonly Tax[] {
  if (line.taxes !== null) return line.taxes;
  const net = line.amount - (world.rules.taxIsOnWhatCreditLeaves ? line.credit : 0n);
  if (taxStatusOf(world, invoice) !== 'complete' || net === 0n) return [];
  const party = partyOf(world, invoice);
  const country = party.address?.country ?? '';
  const inclusive = (line.taxBehavior === 'unspecified' ? world.rules.taxBehaviorUnspecifiedMeans : line.taxBehavior) === 'inclusive';
  const known = world.rules.taxRates.find((row) => row.country === country);
  const reason = reasonOf(world, party, known !== undefined);
  const percent = reason === 'standard_rated' ? known!.percent : '0';
  const { n, d } = fraction(percent);
  const amount = inclusive ? round({ n: net * n, d: 100n * d + n }, true) : round({ n: net * n, d: 100n * d }, true);
  const rate = rateOf(world, { country, name: known?.name ?? 'Tax', type: known?.type ?? 'vat', percent, inclusive });
  return [{ rate, inclusive, reason, taxable: inclusive ? net - amount : net, amount }];
}

function reasonOf(world: World, { taxExempt, taxIds, address }: Party, isRegistered: boolean): Tax['reason'] {
  const business = world.rules.taxIdReversesCharge && taxIds.some(({ type }) => type === 'eu_vat') && address?.country !== world.rules.taxSellerCountry;
  if (taxExempt === 'reverse' || business) return 'reverse_charge';
  if (taxExempt === 'exempt') return 'customer_exempt';
  return isRegistered ? 'standard_rated' : 'not_collecting';
}

function rateOf(world: World, wanted: { country: string; name: string; type: 'vat' | 'sales_tax'; percent: string; inclusive: boolean }): string {
  const known = world.taxRates.all().find((row) => row.country === wanted.country && row.percent === wanted.percent && row.inclusive === wanted.inclusive);
  return (known ?? world.taxRates.add({ ...wanted, id: world.taxRates.newId(), created: world.now() })).id;
}

/** One sum for each rate and reason. */
export function summed(taxes: readonly Tax[]): Tax[] {
  return [...Map.groupBy(taxes, ({ rate, reason }) => `${rate} ${reason}`).values()].map((of) => ({ ...of[0]!, taxable: sum(of.map(({ taxable }) => taxable)), amount: sum(of.map(({ amount }) => amount)) }));
}

export const exclusiveOf = (taxes: readonly Tax[]): bigint => sum(taxes.filter(({ inclusive }) => !inclusive).map(({ amount }) => amount));
export const inclusiveOf = (taxes: readonly Tax[]): bigint => sum(taxes.filter(({ inclusive }) => inclusive).map(({ amount }) => amount));
export const allTaxes = (world: World, invoice: Invoice): Tax[] => invoice.lines.flatMap((line) => [...taxesOf(world, invoice, line)]);

/**
 * A part of a line that is credited: with it goes its share of the credit that paid for it, and of its tax. `before` is what
 * earlier notes took; shares are taken from the line's whole, so that notes for all of it give back all of it.
 * `amount` is before tax, as Stripe takes it on invoices with automatic tax.
 */
export function creditShare(line: InvoiceLine, amount: bigint, before: readonly CreditNoteLine[]): { credit: bigint; taxes: Tax[]; amount: bigint } {
  const inclusive = inclusiveOf(line.taxes ?? []);
  const whole = line.amount - inclusive;
  const taken = sum(before.map((row) => row.amount - inclusiveOf(row.taxes)));
  const share = (of: bigint): bigint => round({ n: of * (taken + amount), d: whole }, true) - round({ n: of * taken, d: whole }, true);
  const taxes = (line.taxes ?? []).map((tax) => ({ ...tax, taxable: share(tax.taxable), amount: share(tax.amount) }));
  return { credit: share(line.credit), taxes, amount: amount + inclusiveOf(taxes) };
}

export function taxView({ rate, inclusive, reason, taxable, amount }: Tax): object {
  return { amount, tax_behavior: inclusive ? 'inclusive' : 'exclusive', tax_rate_details: { tax_rate: rate }, taxability_reason: reason, taxable_amount: taxable, type: 'tax_rate_details' };
}

export function rateView(world: World, id: string): object {
  const { created, country, name, type, percent, inclusive } = world.taxRates.get(id);
  return {
    ...nulls('description flat_amount state'), id, object: 'tax_rate', active: false, country, created, display_name: name, effective_percentage: Number(percent), inclusive, jurisdiction: country,
    jurisdiction_level: 'country', livemode: false, metadata: {}, percentage: Number(percent), rate_type: 'percentage', tax_type: type,
  };
}

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);
