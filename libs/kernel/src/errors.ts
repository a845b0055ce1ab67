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
  request_invalid: wrongRequest('Correct the fields named under "issues" and send the request again.'),
  request_body_too_large: wrongRequest('Send a body of at most {limitBytes} bytes.'),
  request_content_type_unsupported: wrongRequest('Use one of the content types the operation lists.'),
  request_header_invalid: wrongRequest('Correct the header {header}: {reason}.'),
  route_not_found: wrongRequest('Check the method and the path against the OpenAPI document.'),
  name_invalid: wrongRequest('Use 1 to 127 letters, digits, ".", "_" or "-", starting with a letter or digit.'),
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
  binding_loop: wrongRequest('Remove the bindings that lead from "{destination}" back to "{source}".'),
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
