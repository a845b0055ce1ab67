/** Where a rule comes from: a page, something seen in the field, or our reading until a sandbox proves it. */
export type Evidence =
  | { readonly kind: 'documented'; readonly url: string }
  | { readonly kind: 'observed'; readonly issue: string }
  | { readonly kind: 'assumed'; readonly reading: string };

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
  creditOrder: rule('priority, expiry, creation', documented('billing/subscriptions/usage-based/billing-credits')),
  paymentRetryDays: rule<readonly number[]>([3, 5, 7], assumed('Smart Retries choose their own times; three further attempts stand for them')),
  backdatedSubscriptionCountsEarlierEvents: rule(true, assumed('a subscription with backdate_start_date bills meter events from that date on, also those sent before it was made')),
  subscriptionItemLimit: rule(20, documented('api/subscriptions/create#items')),
  signatureToleranceS: rule(300, documented('webhooks#verify-official-libraries')),
  clockAdvanceLimitIntervals: rule(2, documented('billing/testing/test-clocks')),
} as const;

type Widen<T> = T extends boolean ? boolean : T extends number ? number : T;
/** What a test or the control API may change; the names are those of the table. */
export type RuleValues = { -readonly [K in keyof typeof rules]: Widen<(typeof rules)[K]['value']> };

export function ruleValues(): RuleValues {
  return Object.fromEntries(Object.entries(rules).map(([name, { value }]) => [name, value])) as RuleValues;
}
