import type { Problem } from '@waybill/contracts';

/** An answer of Waybill that says no. `code` is stable: programs decide by it (docs/errors.md lists all). */
export class WaybillApiError extends Error {
  override readonly name = 'WaybillApiError';

  constructor(
    /** `http_<status>` when the answer was not Waybill's own, say from a proxy in between. */
    readonly code: string,
    /** HTTP status. */
    readonly status: number,
    /** What to do, one sentence. */
    readonly detail: string,
    /** Name it when you ask for support. */
    readonly requestId: string | undefined,
    /** Whether the same request can succeed later without being changed. */
    readonly retryable: boolean,
    /** How long the answer asks to wait; undefined when it does not say. */
    readonly retryAfterMs: number | undefined = undefined,
    /** Which parts of the request are wrong. */
    readonly issues: readonly { readonly path: string; readonly message: string }[] = [],
  ) {
    super(`${code}: ${detail}`);
  }
}

/** No whole answer came: the address is wrong, the network broke, or it took too long. */
export class WaybillConnectionError extends Error {
  override readonly name = 'WaybillConnectionError';
  readonly retryable = true;

  constructor(
    readonly code: 'connection_failed' | 'timed_out',
    message: string,
    /** True when the request did not leave: it was certainly not carried out. */
    readonly neverSent: boolean,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

const retryableStatuses = new Set([429, 502, 503, 504]);

/** The error of an answer that is not 2xx. `now`: milliseconds since the epoch, for a Retry-After that is a date. */
export function apiErrorOf(status: number, headers: Headers, text: string, now: number): WaybillApiError {
  const retryAfterMs = retryAfterOf(headers.get('retry-after'), now);
  const problem = problemIn(text);
  if (problem === undefined) {
    const detail = text.trim().slice(0, 200) || 'The answer has no explanation.';
    return new WaybillApiError(`http_${status}`, status, detail, headers.get('x-request-id') ?? undefined, retryableStatuses.has(status), retryAfterMs);
  }
  return errorOfProblem(problem, headers.get('x-request-id') ?? undefined, retryAfterMs);
}

/** The error of a problem document, as batches, settlements and streams carry them. */
export function errorOfProblem(problem: Problem, requestId?: string, retryAfterMs?: number): WaybillApiError {
  return new WaybillApiError(problem.code, problem.status, problem.detail, problem.instance ?? requestId, problem.retryable, retryAfterMs, problem.issues);
}

function problemIn(text: string): Problem | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && 'code' in parsed && 'detail' in parsed ? (parsed as Problem) : undefined;
  } catch {
    return undefined; // not JSON: told by its status instead
  }
}

/** RFC 9110 §10.2.3: seconds or a date. */
function retryAfterOf(value: string | null, now: number): number | undefined {
  if (value === null || value.trim() === '') return undefined;
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
