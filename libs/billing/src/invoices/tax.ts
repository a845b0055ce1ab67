/** Tax of one rate, as whoever made the legal invoice computed it; nothing here computes tax. */
export interface TaxAmount {
  /** `VAT` */
  readonly name: string;
  /** `DE`, `US, CA, San Francisco` */
  readonly jurisdiction: string | null;
  /** Decimal, `8.375`; null where the tax is no percentage. */
  readonly percent: string | null;
  /** Part of the amounts of the lines, not on top of them. */
  readonly inclusive: boolean;
  /** Stripe's word, such as `standard_rated`, `reverse_charge`, `not_collecting`. */
  readonly reason: string;
  readonly taxableCents: bigint | null;
  readonly amountCents: bigint;
}

export interface PostalAddress {
  readonly line1: string | null;
  readonly line2: string | null;
  readonly postalCode: string | null;
  readonly city: string | null;
  readonly state: string | null;
  /** ISO 3166-1, two letters. */
  readonly country: string | null;
}

/** Whom the legal invoice was made out to, as it says. */
export interface BilledTo {
  readonly name: string | null;
  readonly address: PostalAddress | null;
  readonly taxIds: readonly { readonly type: string; readonly value: string }[];
}

export interface InvoiceTax {
  readonly taxes: readonly TaxAmount[];
  readonly billedTo: BilledTo | null;
}

export const noTax: InvoiceTax = { taxes: [], billedTo: null };

/** On top of the lines. */
export const addedTaxOf = (taxes: readonly TaxAmount[]): bigint => sum(taxes.filter(({ inclusive }) => !inclusive));
/** In the amounts of the lines. */
export const includedTaxOf = (taxes: readonly TaxAmount[]): bigint => sum(taxes.filter(({ inclusive }) => inclusive));

/** `VAT DE 19 %`, `VAT DE reverse charge` */
export function taxText({ name, jurisdiction, percent, reason }: Pick<TaxAmount, 'name' | 'jurisdiction' | 'percent' | 'reason'>): string {
  const place = jurisdiction === null || jurisdiction === '' ? name : `${name} ${jurisdiction}`;
  if (reason === 'reverse_charge') return `${place} reverse charge`;
  return percent === null ? place : `${place} ${percent} %`;
}

const sum = (taxes: readonly TaxAmount[]): bigint => taxes.reduce((total, { amountCents }) => total + amountCents, 0n);
