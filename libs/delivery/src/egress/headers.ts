import { EgressRefusedError } from './refusal.js';

export const customHeaderLimits = { count: 32, nameBytes: 128, valueBytes: 4_096 } as const;

/** RFC 9110 §5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** RFC 9110 §5.5: no control characters, and none that two parsers could read differently. */
const value = /^[\x20-\x7e]*$/;

/** What steers the connection, the caller's identity at a proxy or metadata service, or what we write ourselves. */
const refused = [
  /^(host|connection|keep-alive|te|trailer|transfer-encoding|content-length|content-encoding|content-type|upgrade|expect|http2-settings|via|forwarded|authorization|cookie|range|date)$/,
  /^proxy-/, /^x-forwarded-/, /^webhook-/, /^waybill-/, /^ce-/, /^sec-/, /^:/,
  /^metadata/, /^x-aws-ec2-metadata-/, /^x-google-metadata-/, /^x-metadata-/, /^x-ms-/, /^x-aws-/, /^x-goog-/, /^x-original-/, /^x-rewrite-/, /^x-http-method/, /^traceparent$/, /^tracestate$/,
];

/** Custom headers of a destination in lower case. Throws EgressRefusedError `egress_header` for the first that may not be set. */
export function checkedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const checked: Record<string, string> = {};
  const entries = Object.entries(headers);
  if (entries.length > customHeaderLimits.count) throw new EgressRefusedError('egress_header', `at most ${customHeaderLimits.count} headers are allowed`);
  for (const [given, text] of entries) {
    const name = given.toLowerCase();
    const shown = given.slice(0, 64).replace(/[^\x20-\x7e]/g, '?');
    if (!token.test(name) || name.length > customHeaderLimits.nameBytes) throw new EgressRefusedError('egress_header', `"${shown}" is not the name of a header`);
    if (refused.some((pattern) => pattern.test(name))) throw new EgressRefusedError('egress_header', `"${shown}" may not be set; for credentials use "auth"`);
    if (!value.test(text) || text.length > customHeaderLimits.valueBytes || text !== text.trim()) throw new EgressRefusedError('egress_header', `the value of "${shown}" must be ASCII text without line breaks`);
    if (name in checked) throw new EgressRefusedError('egress_header', `"${shown}" is given twice`);
    checked[name] = text;
  }
  return checked;
}
