export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

interface CodeFacts {
  /** Whether the same request can succeed later without being changed. */
  readonly retryable: boolean;
  readonly level: LogLevel;
  /** What the reader should do, one sentence; `{name}` is filled from the parameters. */
  readonly advice: string;
}

const wrongRequest = (advice: string): CodeFacts => ({ retryable: false, level: 'info', advice });
const tryLater = (advice: string, level: LogLevel = 'warn'): CodeFacts => ({ retryable: true, level, advice });

/** Every error a customer can meet. A code is never renamed; docs/errors.md has an entry for each. */
export const errorCodes = {
  request_malformed_json: wrongRequest('Send a body that is valid JSON.'),
  request_malformed_cbor: wrongRequest('Send a body that is valid CBOR: {reason}, at byte {at}.'),
  request_invalid: wrongRequest('Correct the fields named under "issues" and send the request again.'),
  request_body_too_large: wrongRequest('Send a body of at most {limitBytes} bytes.'),
  request_content_type_unsupported: wrongRequest('Use one of the content types the operation lists.'),
  request_header_invalid: wrongRequest('Correct the header {header}: {reason}.'),
  route_not_found: wrongRequest('Check the method and the path against the OpenAPI document.'),
  name_invalid: wrongRequest('Use 1 to 127 letters, digits, ".", "_" or "-", starting with a letter or digit; names of queues that start with "reply." are reserved.'),
  pattern_invalid: wrongRequest('Use words separated by dots; "*" and "#" stand alone as a word.'),
  pattern_too_long: wrongRequest('Use a routing key or pattern of at most {limitBytes} bytes.'),
  auth_required: wrongRequest('Send "Authorization: Bearer <key>" or sign in.'),
  api_key_invalid: wrongRequest('Check that the key was copied whole; create a new one if it was lost.'),
  api_key_revoked: wrongRequest('This key was revoked; use another key of the namespace.'),
  api_key_expired: wrongRequest('This key has expired; create a new one.'),
  data_token_invalid: wrongRequest('The token is wrong or has expired; ask the control plane for a new one.'),
  permission_missing: wrongRequest('Use a key or a member that has the permission {permission}.'),
  session_expired: wrongRequest('Sign in again.'),
  credentials_wrong: wrongRequest('Check the e-mail address and the password.'),
  cross_site_refused: { retryable: false, level: 'warn', advice: 'Send the request from the console itself.' },
  email_taken: wrongRequest('Sign in with this address or use another one.'),
  password_too_weak: wrongRequest('Use at least 10 characters that are not a well-known password.'),
  sign_in_rate_limited: tryLater('Wait {retryAfterSeconds} seconds before the next attempt.'),
  namespace_not_found: wrongRequest('Check the namespace id and that the caller belongs to it.'),
  exchange_not_found: wrongRequest('Create the exchange "{exchange}" or correct its name.'),
  queue_not_found: wrongRequest('Create the queue "{queue}" or correct its name.'),
  binding_not_found: wrongRequest('List the bindings to find the id.'),
  api_key_not_found: wrongRequest('List the keys to find the id.'),
  exchange_conflict: wrongRequest('An exchange of this name has another kind; delete it first or choose another name.'),
  exchange_builtin: wrongRequest('The default exchange is built in; create your own exchange.'),
  binding_loop: wrongRequest('Remove the bindings or alternates that lead from "{destination}" back to "{source}".'),
  limit_reached: wrongRequest('Delete what is not needed, or ask for a higher limit of {resource} (now {limit}).'),
  topology_not_published: tryLater('The change is stored but not yet in force; repeat the request.', 'error'),
  database_unavailable: tryLater('The database of definitions is not reachable; nothing was changed. Repeat the request.', 'error'),
  batch_invalid: wrongRequest('Correct message {index} of the batch: {reason}.'),
  batch_too_large: wrongRequest('Send at most {limit} messages in a batch.'),
  receipt_invalid: wrongRequest('Send the receipt exactly as it was received.'),
  receipt_wrong_queue: wrongRequest('Settle the message on the queue it was received from.'),
  lease_lost: wrongRequest('The lease ran out; drop this copy, another consumer answers for the message now.'),
  store_unavailable: tryLater('The message store is not reachable; nothing was stored. Repeat the request.', 'error'),
  outcome_unknown: tryLater('The connection to the store broke while the call was under way; it may have been carried out.', 'error'),
  store_full: tryLater('The message store is near its memory limit; consume messages or wait {retryAfterSeconds} s.', 'error'),
  gateway_overloaded: tryLater('Too many requests are waiting here; repeat after {retryAfterSeconds} s.'),
  filter_invalid: wrongRequest('Correct the filter at {path}: {reason}.'),
  routing_too_costly: wrongRequest('Send a smaller body, or give the filters and header matches of the exchange exact values to start from.'),
  setting_invalid: wrongRequest('Correct the setting {setting}: {reason}.'),
  queue_conflict: wrongRequest('A queue of this name has another kind, or is fair and the request is not; delete it first or choose another name.'),
  queue_full: tryLater('Consume messages or raise the limits of {queue}; repeat after {retryAfterSeconds} s.'),
  message_log_full: tryLater('The message log is not drained fast enough; repeat after {retryAfterSeconds} s.'),
  body_too_deep: wrongRequest('Send a body that is nested at most {limit} levels deep.'),
  text_invalid: wrongRequest('Send {field} as valid UTF-8 without control characters.'),
  header_duplicated: wrongRequest('Send the header {header} once.'),
  delay_invalid: wrongRequest('Use a time from now up to {limit}: {reason}.'),
  consumer_required: wrongRequest('Send "consumer" with a name that is the same in every call of this consumer.'),
  queue_paused: tryLater('Resume the queue first.'),
  message_not_found: wrongRequest('Check the id and the queue; the message may have been settled.'),
  deferred_key_taken: wrongRequest('Use another key, or receive the deferred message first.'),
  group_not_found: wrongRequest('Check the group; it has no messages in this queue.'),
  queue_kind_unsuitable: wrongRequest('This operation needs a queue of kind {kind}.'),
  task_not_found: wrongRequest('List the tasks to find the id.'),
  page_token_invalid: wrongRequest('Send "after" exactly as "next" was given, with the same query.'),
  schedule_not_found: wrongRequest('List the schedules to find the name.'),
  cron_invalid: wrongRequest('Correct the schedule: {reason}.'),
  reply_gone: wrongRequest('Drop the reply; the request has ended.'),
  request_timed_out: tryLater('Wait longer or check that a consumer answers: nothing was sent to the reply address within {seconds} s.'),
  request_unroutable: wrongRequest('Bind a queue to the exchange: nobody can answer this request.'),
  idempotency_key_reused: wrongRequest('Use a new key for another request.'),
  idempotency_key_in_use: tryLater('Repeat the request after {retryAfterSeconds} s.'),
  rate_limited: tryLater('Repeat after {retryAfterSeconds} s; the limit is {limit} a second.'),
  cloudevent_invalid: wrongRequest('Correct the attribute {attribute}: {reason}.'),
  stream_protocol_error: wrongRequest('Correct the frame: {reason}.'),
  body_store_unavailable: tryLater('Repeat the request; nothing was published.'),
  body_store_missing: wrongRequest('Send at most {limitBytes} bytes.'),
  message_log_off: wrongRequest('Turn the message log of the namespace on; what happened before is not known.'),
  spend_cap_reached: wrongRequest('Raise the spend cap, or wait for the next billing period; consuming goes on.'),
  payment_overdue: wrongRequest('Pay the invoice that is overdue; what was stopped goes on at once.'),
  quota_exceeded: wrongRequest('Choose a paid plan, or wait for the next month; consuming goes on.'),
  subscription_not_found: wrongRequest('Create the subscription or correct its name.'),
  subscription_conflict: wrongRequest('A subscription of this name has another queue or kind; delete it first or choose another name.'),
  subscription_disabled: wrongRequest('Enable the subscription first.'),
  destination_kind_unknown: wrongRequest('Use one of the kinds of destination that are listed.'),
  destination_unavailable: wrongRequest('This kind of destination cannot be used here: {reason}.'),
  recipient_not_found: wrongRequest('Name one of the addresses in the settings of the subscription.'),
  recipient_settled: wrongRequest('There is nothing to ask this address: it is {state}.'),
  confirmations_limited: tryLater('So many mails that ask for confirmation are not sent, {scope}; repeat after {retryAfterSeconds} s.'),
  mail_link_invalid: wrongRequest('The link is wrong or has expired; ask the sender for a new one.'),
  mail_link_used: wrongRequest('The link was used before. To get mails, ask the sender for a new one; to get none, use the link at the end of any mail.'),
  secret_not_found: wrongRequest('List the secrets to find the id.'),
  secret_last: wrongRequest('Add another secret "{name}" first: the destination needs one.'),
  attempt_not_found: wrongRequest('List the attempts to find the id.'),
  message_settled: wrongRequest('Publish the message again: it was delivered or removed, and its body is gone.'),
  portal_link_invalid: wrongRequest('The link is wrong, has expired or was revoked; ask for a new one.'),
  portal_link_not_found: wrongRequest('List the portal links to find the id; those that have expired are not among them.'),
  exchange_unsuitable: wrongRequest('Use a topic or direct exchange: {exchange} does not keep the customers apart by routing key.'),
  egress_refused: wrongRequest('Choose another value of {setting}: {reason} ({rule}).'),
  source_not_found: wrongRequest('List the sources to find the id.'),
  source_paused: tryLater('The source takes nothing at the moment; send again later.'),
  signature_invalid: wrongRequest('Sign the request with a live secret of the source and send it within its tolerance.'),
  quantity_invalid: wrongRequest('Send {dimension} as a whole number from 0 to {limit}.'),
  price_unknown: { retryable: false, level: 'error', advice: 'The price book {priceBook} has no price for {dimension}; finance must publish one that has.' },
  price_tiers_invalid: wrongRequest('Correct the tiers of {dimension}: {reason}.'),
  price_book_invalid: wrongRequest('Correct the price book: {reason}.'),
  price_book_published: wrongRequest('A published price book is never changed; publish the next version.'),
  price_book_not_found: wrongRequest('List the plans to find the id of the price book.'),
  currency_unknown: wrongRequest('Use a currency that prices exist in; {currency} is not one.'),
  currency_mismatch: wrongRequest('Amounts in {found} and {expected} are never added; use one currency.'),
  plan_not_found: wrongRequest('List the plans to find the name.'),
  plan_not_self_service: wrongRequest('This plan is made by contract; write to sales.'),
  plan_limit_exceeded: wrongRequest('Reduce {resource} to {limit} before changing to this plan (now {used}).'),
  invoice_not_found: wrongRequest('List the invoices to find the id.'),
  invoice_line_not_found: wrongRequest('Read the invoice to find the id of the line.'),
  invoice_state_conflict: wrongRequest('The invoice is {state}; this needs one that is {needed}.'),
  invoice_on_hold: wrongRequest('The invoice is on hold: {reason}. Release it first.'),
  invoice_gate_closed: wrongRequest('The invoice cannot be finalized yet: {reason}.'),
  invoice_dispute_open: wrongRequest('The line is disputed; decide the dispute first.'),
  dispute_not_found: wrongRequest('The line has no open dispute.'),
  credit_note_too_large: wrongRequest('At most {limit} cents of this line are left to credit.'),
  credit_note_needs_refund: wrongRequest('The invoice has tax, and {due} cents of it are open: credit at most that much with its tax, give what was paid back with a refund, or grant credit for later invoices.'),
  credit_not_splittable: wrongRequest('Ask for {below} or {above} cents: {amount} cents are no amount and its tax in whole cents.'),
  credit_note_outrun: tryLater('Something else was credited on this invoice meanwhile; nothing was changed. Repeat the request.'),
  payment_mismatch: wrongRequest('The invoice is open for {due} cents, the payment is {paid} cents; record what was received against the right invoice.'),
  payment_duplicated: wrongRequest('A payment with this reference is recorded already.'),
  refund_too_large: wrongRequest('At most {limit} cents of this invoice can be refunded.'),
  refund_needs_reference: wrongRequest('Nothing of this invoice was paid through Stripe: transfer the money, and give the reference of the transfer.'),
  credit_invalid: wrongRequest('Correct the credit: {reason}.'),
  export_schedule_not_found: wrongRequest('List the export schedules to find the id.'),
  export_schedule_name_taken: wrongRequest('Choose another name, or change the schedule that has it.'),
  export_secret_missing: wrongRequest('Enter the secret access key: it is needed for a new bucket, endpoint or key id, and is never shown.'),
  export_folder_refused: wrongRequest('Choose another target: {reason}.'),
  export_target_failed: tryLater('Correct the target and try again: {reason}.'),
  usage_batch_not_found: wrongRequest('It waits no more: list the batches that cannot be booked again.'),
  usage_batch_lost: wrongRequest('There is nothing left to book: adjust the usage by what the message log has, then drop the batch.'),
  approval_not_found: wrongRequest('List the open approvals to find the id.'),
  approval_same_person: wrongRequest('Somebody else must approve what you asked for.'),
  approval_decided: wrongRequest('This was {state} already.'),
  tenant_not_found: wrongRequest('Check the tenant id.'),
  period_invalid: wrongRequest('Use a month as YYYY-MM, not after the current one.'),
  period_closed: wrongRequest('The period is closed and is never changed; book an adjustment in the open one.'),
  adjustment_invalid: wrongRequest('Correct the adjustment: {reason}.'),
  stripe_off: wrongRequest('Payments by card are off in this installation: invoices are paid by bank transfer.'),
  stripe_unavailable: tryLater('The payment provider is not reachable; nothing was changed. Repeat the request.', 'error'),
  stripe_customer_deleted: { retryable: false, level: 'error', advice: 'Ask support: the payment account of this tenant was deleted.' },
  stripe_subscription_exists: wrongRequest('The tenant pays by card already; open the portal to change the card.'),
  webhook_signature_invalid: { retryable: false, level: 'warn', advice: 'Sign the raw body with the secret of the endpoint, and send it within five minutes.' },
  invoice_differs_from_stripe: { retryable: false, level: 'error', advice: 'Leave the invoice a draft and look at what differs: {reason}.' },
  hour_not_sealed: wrongRequest('Wait until the hour is sealed, at the latest an hour after its end; until then its usage corrects itself.'),
  internal_error: { retryable: true, level: 'error', advice: 'Repeat the request; if it fails again, report the request id.' },
} as const satisfies Record<string, CodeFacts>;

export type ErrorCode = keyof typeof errorCodes;
export type ErrorParams = Readonly<Record<string, string | number>>;

export interface Issue {
  /** Dotted path into the body, `header.<name>` or `query.<name>`. */
  readonly path: string;
  readonly message: string;
}

/** The one error type that crosses a room's wall; a door turns the code into its own answer. */
export class WaybillError extends Error {
  constructor(
    readonly code: ErrorCode,
    readonly params: ErrorParams = {},
    options: { cause?: unknown; issues?: readonly Issue[] } = {},
  ) {
    super(fill(errorCodes[code].advice, params), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'WaybillError';
    this.issues = options.issues ?? [];
  }

  readonly issues: readonly Issue[];

  get retryable(): boolean {
    return errorCodes[this.code].retryable;
  }
}

function fill(advice: string, params: ErrorParams): string {
  return advice.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
}
