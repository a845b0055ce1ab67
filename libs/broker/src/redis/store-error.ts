import { WaybillError } from '@waybill/kernel';

/** Refusals by Redis before anything ran: loading its files, read-only replica, disk full, failing over. */
const refusals = /^(LOADING|READONLY|MASTERDOWN|MISCONF|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|BUSY|MAXCLIENTS)\b/;
const neverSent = /enableOfflineQueue|Stream isn't writeable|connect ECONNREFUSED|ENOTFOUND/i;
const brokenOff = /Connection is closed|timed out|max retries per request|ECONNRESET|EPIPE|socket closed/i;

/**
 * The stable code of a failed store call. `store_unavailable` only when nothing can have run; when the connection
 * broke after the call was sent, the outcome is unknown and the answer says so.
 */
export function storeErrorOf(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof WaybillError) return error;
  if (error.message.includes('OOM command not allowed')) return new WaybillError('store_full', { retryAfterSeconds: 5 }, { cause: error });
  if (refusals.test(error.message) || neverSent.test(error.message)) return new WaybillError('store_unavailable', {}, { cause: error });
  if (brokenOff.test(error.message)) return new WaybillError('outcome_unknown', {}, { cause: error });
  return error;
}
