/** Who asks, and whether they may. */
const accessErrors = ['auth_required', 'session_expired', 'api_key_invalid', 'api_key_revoked', 'api_key_expired', 'permission_missing'] as const;
/** Codes of every call that reads in a namespace. */
export const readErrors = [...accessErrors, 'namespace_not_found'] as const;
/** Codes of every call that changes something there. */
export const writeErrors = [...readErrors, 'cross_site_refused'] as const;
/** Codes of every call with a body. */
export const bodyErrors = ['request_malformed_json', 'request_invalid'] as const;
