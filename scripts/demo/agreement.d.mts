/**
 * Compares a month five times over, to the unit and to the cent: the rows of the ledger, what was pushed and confirmed, Stripe's
 * hourly sums, the lines of Stripe's invoice, and those of ours; and what the tenant itself counted. Throws on the first difference.
 * Returns what agreed, in a sentence.
 */
export function agreement(of: {
  /** Ours, as the API shows it. */
  readonly invoice: object;
  /** Stripe's. */
  readonly bill: object;
  /** The export of the invoice. */
  readonly evidence: { readonly rows: readonly { readonly dimension: string; readonly quantity: string | null }[] };
  readonly counted: Readonly<Record<string, bigint>>;
  readonly stripeUrl: string;
  readonly databaseUrl: string;
  readonly tenantId: string;
}): Promise<string>;
