import { causesOf, refusalIn } from './refusal.js';

/** Why a call got no answer, for codes of node:net, node:dns, node:tls, undici and nodemailer. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection_refused', ECONNRESET: 'connection_reset', EPIPE: 'connection_reset', UND_ERR_SOCKET: 'connection_reset', ECONNECTION: 'connection_reset',
  EHOSTUNREACH: 'host_unreachable', ENETUNREACH: 'host_unreachable', EADDRNOTAVAIL: 'host_unreachable', EHOSTDOWN: 'host_unreachable',
  ENOTFOUND: 'host_not_found', ENODATA: 'host_not_found', EAI_AGAIN: 'dns_failed', ESERVFAIL: 'dns_failed', EREFUSED: 'dns_failed', ETIMEOUT: 'dns_failed', EDNS: 'dns_failed',
  EBADNAME: 'host_not_found', EBADRESP: 'dns_failed', EFORMERR: 'dns_failed',
  ETIMEDOUT: 'timeout', UND_ERR_CONNECT_TIMEOUT: 'timeout', UND_ERR_HEADERS_TIMEOUT: 'timeout', UND_ERR_BODY_TIMEOUT: 'timeout', ABORT_ERR: 'aborted',
  EANSWER: 'answer_invalid', UND_ERR_HEADERS_OVERFLOW: 'answer_invalid', UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'answer_invalid', UND_ERR_RES_EXCEEDED_MAX_SIZE: 'answer_invalid',
  UND_ERR_DESTROYED: 'aborted', UND_ERR_CLOSED: 'aborted', ETLS: 'tls_failed', EPROTO: 'tls_failed',
};
const certificate = /^(CERT_|ERR_TLS_CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|ERR_TLS_INVALID)/;

/** The stable word for an error of a call; a refusal of the guard has its own. */
export function reasonOf(error: unknown): string {
  const refusal = refusalIn(error);
  if (refusal !== undefined) return refusal.reason;
  for (const { code, name } of causesOf(error)) {
    if (name === 'HTTPParserError') return 'answer_invalid';
    if (typeof code !== 'string') continue;
    const known = reasons[code];
    if (known !== undefined) return known;
    if (certificate.test(code)) return 'tls_certificate';
    if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) return 'tls_failed';
  }
  return 'call_failed';
}
