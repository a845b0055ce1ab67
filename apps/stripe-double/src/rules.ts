/** Where a rule comes from: a page, something seen in the field, or our reading until a sandbox proves it. */
export type Evidence =
  | { readonly kind: 'documented'; readonly url: string }
  | { readonly kind: 'observed'; readonly issue: string }
  | { readonly kind: 'assumed'; readonly reading: string };

/** A rate of the demonstration. */
export interface TaxRule {
  readonly country: string;
  readonly type: 'vat' | 'sales_tax';
  readonly name: string;
  /** Decimal, `19`. */
  readonly percent: string;
}

interface Rule<T> {
  readonly evidence: Evidence;
  readonly value: T;
}

const documented = (path: string): Evidence => ({ kind: 'documented', url: `https://docs.stripe.com/${path}` });
const observed = (issue: string): Evidence => ({ kind: 'observed', issue });
const assumed = (reading: string): Evidence => ({ kind: 'assumed', reading });
const rule = <T>(value: T, evidence: Evidence): Rule<T> => ({ value, evidence });

const hourS = 3_600;
const dayS = 86_400;

/**
 * How the double behaves, one row for each rule that the shapes of the contract do not tell. A test that rests on an
 * assumed row says "assumed" in its name. A run against a sandbox that differs changes this table and nothing else.
 */
export const rules = {
  meterEventMaxAgeS: rule(35 * dayS, documented('api/billing/meter-event/create#timestamp')),
  meterEventMaxAheadS: rule(300, documented('api/billing/meter-event/create#timestamp')),
  meterValueIsWholeNumber: rule(true, documented('billing/subscriptions/usage-based/recording-usage-api')),
  identifierUniqueS: rule(24 * hourS, documented('api/billing/meter-event/create#identifier')),
  duplicateIdentifierStatus: rule(400, observed('langfuse/langfuse#16251')),
  oneCallPerCustomerAndMeter: rule(true, documented('billing/subscriptions/usage-based/recording-usage-api')),
  lastReceivedOfTheWindowCounts: rule(true, documented('billing/subscriptions/usage-based/recording-usage')),
  usageLagS: rule(0, assumed('summaries and drafts see an event some seconds after it was received; the length is unknown')),
  unknownCustomerOfAnEvent: rule<'refused' | 'reported'>('refused', assumed('an event for a deleted customer is refused at once; it may also be reported later by a thin event')),
  draftGraceS: rule(hourS, documented('billing/subscriptions/usage-based/configure-grace-period')),
  draftSeesUsageUntilFinalized: rule(true, documented('billing/subscriptions/usage-based/configure-grace-period')),
  claimedDraftSeesUsage: rule(true, assumed('a draft with auto_advance=false is recomputed when it is finalized by hand')),
  flexibleModeBillsSwitchedUsage: rule(true, documented('billing/subscriptions/usage-based/manage-billing-setup')),
  cancelDropsUsageUnlessInvoicedNow: rule(true, observed('langwatch/langwatch#5246')),
  linesPerGraduatedPrice: rule<'one' | 'one_per_tier'>('one_per_tier', assumed('a graduated price makes one line for each tier that was reached')),
  halfCentRoundsUp: rule(true, assumed('1.5 -> 2 is documented; that 2.5 -> 3 as well is not')),
  creditsPayMeteredLinesOnly: rule(true, documented('billing/subscriptions/usage-based/billing-credits')),
  previewShowsCredits: rule(true, assumed('a preview shows the credit that its finalization would burn')),
  creditOrder: rule('priority, expiry, creation', documented('billing/subscriptions/usage-based/billing-credits')),
  paymentRetryDays: rule<readonly number[]>([3, 5, 7], assumed('Smart Retries choose their own times; three further attempts stand for them')),
  backdatedSubscriptionCountsEarlierEvents: rule(true, assumed('a subscription with backdate_start_date bills meter events from that date on, also those sent before it was made')),
  subscriptionItemLimit: rule(20, documented('api/subscriptions/create#items')),
  signatureToleranceS: rule(300, documented('webhooks#verify-official-libraries')),
  taxNeedsCustomerLocation: rule(true, documented('tax/customer-locations')),
  taxSellerCountry: rule('IE', assumed('the country of the account; a tax id of another country of Europe reverses the charge')),
  taxIdReversesCharge: rule(true, documented('tax/zero-tax')),
  taxOfUnregisteredCountryIsZero: rule(true, documented('tax/zero-tax')),
  /** Percent. No country's law: round figures that the double made up, so that a demonstration shows some tax. */
  taxRates: rule<readonly TaxRule[]>(
    [{ country: 'DE', type: 'vat', name: 'VAT', percent: '19' }, { country: 'FR', type: 'vat', name: 'VAT', percent: '20' }, { country: 'IE', type: 'vat', name: 'VAT', percent: '23' }, { country: 'US', type: 'sales_tax', name: 'Sales tax', percent: '8.375' }],
    assumed('made up by the double for demonstrations'),
  ),
  taxIsRoundedPerLine: rule(true, assumed('tax is rounded half up line by line; an account may be set to round it on the sum')),
  taxIsOnWhatCreditLeaves: rule(true, documented('changelog/acacia/2024-10-28/billing-credits-invoice')),
  taxBehaviorUnspecifiedMeans: rule<'exclusive' | 'inclusive'>('exclusive', assumed('prices without a behaviour follow the account, which is set to exclusive')),
  taxComputation: rule<'works' | 'fails'>('works', assumed('when it cannot be computed, an invoice says automatic_tax.status=failed')),
  taxedInvoicesTakeNegativeItems: rule(false, documented('api/invoices/object#invoice_object-automatic_tax-enabled')),
  taxedInvoicesTakeCustomCreditLines: rule(false, documented('api/credit_notes/create#create_credit_note-lines-type')),
  taxedSubscriptionNeedsLocation: rule(true, documented('error-codes#customer-tax-location-invalid')),
  finalizedAloneWithoutLocationIsUntaxed: rule(true, documented('tax/customer-locations')),
  setupModeTakesAutomaticTax: rule(false, observed('laravel/cashier-stripe#1581')),
  setupModeSavesAddress: rule(false, assumed('in setup mode the address stays on the payment method; customer_update does not save it')),
  setupModeSavesTaxIds: rule(true, assumed('in setup mode a tax id that was given is saved to the customer')),
  creditNoteTaxIsProportional: rule(true, documented('tax/invoicing/refunds')),
  clockAdvanceLimitIntervals: rule(2, documented('billing/testing/test-clocks')),
} as const;

type Widen<T> = T extends boolean ? boolean : T extends number ? number : T;
/** What a test or the control API may change; the names are those of the table. */
export type RuleValues = { -readonly [K in keyof typeof rules]: Widen<(typeof rules)[K]['value']> };

export function ruleValues(): RuleValues {
  return Object.fromEntries(Object.entries(rules).map(([name, { value }]) => [name, value])) as RuleValues;
}
