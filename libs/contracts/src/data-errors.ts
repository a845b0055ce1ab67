/** Codes that every call of the data plane can answer. */
export const authErrors = ['auth_required', 'api_key_invalid', 'api_key_revoked', 'api_key_expired', 'data_token_invalid', 'permission_missing', 'rate_limited'] as const;
export const storeErrors = ['store_unavailable', 'outcome_unknown', 'gateway_overloaded'] as const;
export const publishErrors = [
  ...authErrors, ...storeErrors, 'store_full', 'message_log_full', 'queue_full', 'name_invalid', 'request_body_too_large', 'request_malformed_json',
  'request_invalid', 'request_header_invalid', 'header_duplicated', 'text_invalid', 'delay_invalid', 'pattern_too_long', 'body_too_deep',
  'batch_invalid', 'batch_too_large', 'cloudevent_invalid', 'body_store_missing', 'body_store_unavailable', 'idempotency_key_reused', 'idempotency_key_in_use',
  'spend_cap_reached', 'quota_exceeded', 'payment_overdue',
] as const;
export const queueErrors = [...authErrors, ...storeErrors, 'name_invalid', 'queue_not_found', 'request_malformed_json', 'request_invalid'] as const;
