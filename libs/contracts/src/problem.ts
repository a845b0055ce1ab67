import type { ErrorCode, Issue, WaybillError } from '@waybill/kernel';
import { errorCodes } from '@waybill/kernel';
import { z } from 'zod';

interface HttpAnswer {
  readonly status: number;
  readonly title: string;
}

/** The HTTP door's answer to every code; a new code does not compile until it has one. */
export const httpAnswers: Readonly<Record<ErrorCode, HttpAnswer>> = {
  request_malformed_json: { status: 400, title: 'The body is not valid JSON' },
  request_invalid: { status: 400, title: 'The request does not fit the contract' },
  request_body_too_large: { status: 413, title: 'The body is too large' },
  request_content_type_unsupported: { status: 415, title: 'This content type is not supported here' },
  request_header_invalid: { status: 400, title: 'A header has an invalid value' },
  route_not_found: { status: 404, title: 'No such route' },
  name_invalid: { status: 400, title: 'The name has characters that are not allowed' },
  pattern_invalid: { status: 400, title: 'The pattern is malformed' },
  pattern_too_long: { status: 400, title: 'The routing key or pattern is too long' },
  auth_required: { status: 401, title: 'Credentials are missing' },
  api_key_invalid: { status: 401, title: 'The API key is not valid' },
  api_key_revoked: { status: 401, title: 'The API key was revoked' },
  api_key_expired: { status: 401, title: 'The API key has expired' },
  data_token_invalid: { status: 401, title: 'The token is not valid' },
  permission_missing: { status: 403, title: 'Not allowed' },
  session_expired: { status: 401, title: 'The session has ended' },
  credentials_wrong: { status: 401, title: 'E-mail address or password is wrong' },
  cross_site_refused: { status: 403, title: 'Request from another site refused' },
  email_taken: { status: 409, title: 'The e-mail address is in use' },
  password_too_weak: { status: 400, title: 'The password is too easy to guess' },
  sign_in_rate_limited: { status: 429, title: 'Too many attempts' },
  namespace_not_found: { status: 404, title: 'No such namespace' },
  exchange_not_found: { status: 404, title: 'No such exchange' },
  queue_not_found: { status: 404, title: 'No such queue' },
  binding_not_found: { status: 404, title: 'No such binding' },
  api_key_not_found: { status: 404, title: 'No such API key' },
  exchange_conflict: { status: 409, title: 'The exchange exists with another kind' },
  exchange_builtin: { status: 409, title: 'The exchange is built in' },
  binding_loop: { status: 409, title: 'The binding would close a loop' },
  limit_reached: { status: 409, title: 'A limit is reached' },
  topology_not_published: { status: 503, title: 'The change is not yet in force' },
  database_unavailable: { status: 503, title: 'The database is not reachable' },
  batch_invalid: { status: 400, title: 'A message of the batch is invalid' },
  batch_too_large: { status: 413, title: 'The batch has too many messages' },
  receipt_invalid: { status: 400, title: 'The receipt is not valid' },
  receipt_wrong_queue: { status: 409, title: 'The receipt belongs to another queue' },
  lease_lost: { status: 409, title: 'The lease was lost' },
  store_unavailable: { status: 503, title: 'The message store is not reachable' },
  outcome_unknown: { status: 503, title: 'The outcome is unknown' },
  store_full: { status: 503, title: 'The message store is full' },
  gateway_overloaded: { status: 503, title: 'The gateway is overloaded' },
  filter_invalid: { status: 400, title: 'The filter is malformed' },
  routing_too_costly: { status: 422, title: 'Routing this message would take too long' },
  setting_invalid: { status: 400, title: 'The settings do not fit together' },
  queue_conflict: { status: 409, title: 'The queue exists with another kind' },
  queue_full: { status: 429, title: 'Every queue reached is full' },
  message_log_full: { status: 503, title: 'The message log is full' },
  body_too_deep: { status: 400, title: 'The JSON is nested too deep' },
  text_invalid: { status: 400, title: 'A text is not valid UTF-8' },
  header_duplicated: { status: 400, title: 'A header was sent twice' },
  delay_invalid: { status: 400, title: 'The delay or date is not possible' },
  consumer_required: { status: 400, title: 'This queue needs the name of the consumer' },
  queue_paused: { status: 409, title: 'The queue is paused' },
  message_not_found: { status: 404, title: 'No such message' },
  deferred_key_taken: { status: 409, title: 'A message is already deferred under this key' },
  group_not_found: { status: 404, title: 'No such group' },
  queue_kind_unsuitable: { status: 409, title: 'The queue is of another kind' },
  task_not_found: { status: 404, title: 'No such task' },
  page_token_invalid: { status: 400, title: 'The page token is not valid' },
  schedule_not_found: { status: 404, title: 'No such schedule' },
  cron_invalid: { status: 400, title: 'The cron expression or time zone is wrong' },
  reply_gone: { status: 410, title: 'Nobody waits for this reply' },
  request_timed_out: { status: 504, title: 'No reply came in time' },
  request_unroutable: { status: 422, title: 'The request reached no queue' },
  idempotency_key_reused: { status: 422, title: 'The Idempotency-Key was used with another request' },
  idempotency_key_in_use: { status: 409, title: 'The first request with this Idempotency-Key is still under way' },
  rate_limited: { status: 429, title: 'Too many requests' },
  cloudevent_invalid: { status: 400, title: 'The CloudEvent is not valid' },
  stream_protocol_error: { status: 400, title: 'A message on the stream was not understood' },
  body_store_unavailable: { status: 503, title: 'The store of large bodies is not reachable' },
  body_store_missing: { status: 413, title: 'Bodies of this size are not taken here' },
  message_log_off: { status: 409, title: 'The message log is off' },
  spend_cap_reached: { status: 402, title: 'The spend cap is reached' },
  quota_exceeded: { status: 402, title: 'The quota of the plan is used up' },
  subscription_not_found: { status: 404, title: 'No such subscription' },
  subscription_conflict: { status: 409, title: 'The subscription exists with another queue or kind' },
  subscription_disabled: { status: 409, title: 'The subscription is disabled' },
  destination_kind_unknown: { status: 400, title: 'No such kind of destination' },
  destination_unavailable: { status: 409, title: 'This kind of destination cannot be used here' },
  secret_not_found: { status: 404, title: 'No such secret' },
  secret_last: { status: 409, title: 'The destination would have no secret left' },
  attempt_not_found: { status: 404, title: 'No such attempt' },
  message_settled: { status: 409, title: 'The message is gone' },
  portal_link_invalid: { status: 401, title: 'The portal link is not valid' },
  exchange_unsuitable: { status: 409, title: 'The exchange does not keep customers apart' },
  internal_error: { status: 500, title: 'Internal error' },
};

export const problemSchema = z
  .object({
    type: z.string().meta({ description: 'A page that explains the code.', example: 'https://waybill.dev/errors#queue_not_found' }),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Stable; programs decide by it.' }),
    detail: z.string().meta({ description: 'What to do, one sentence.' }),
    instance: z.string().optional().meta({ description: 'Request id, also in the x-request-id header.' }),
    retryable: z.boolean(),
    issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details with a stable code.' });
export type Problem = z.output<typeof problemSchema>;

/** The problem document of an error (RFC 9457 §3.1). */
export function problemOf(
  error: Pick<WaybillError, 'code' | 'message'> & { issues?: readonly Issue[] },
  requestId?: string,
): Problem {
  const { status, title } = httpAnswers[error.code];
  return {
    type: `https://waybill.dev/errors#${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.message,
    retryable: errorCodes[error.code].retryable,
    ...(requestId === undefined ? {} : { instance: requestId }),
    ...(error.issues?.length ? { issues: [...error.issues] } : {}),
  };
}
