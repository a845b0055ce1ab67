import type { Problem } from '@waybill/contracts';

/** Which server a call went to. */
export type Side = 'control plane' | 'gateway' | 'portal';

/** The server understood the call and refused it; `problem.code` says why. */
export class ProblemError extends Error {
  constructor(
    readonly problem: Problem,
    readonly side: Side,
    readonly requestId: string | null,
  ) {
    super(problem.detail);
    this.name = 'ProblemError';
  }
}

/** No usable answer came: nobody there, too late, or something that is not ours answered. */
export class TransportError extends Error {
  readonly status: number | null;

  constructor(
    readonly reason: 'unreachable' | 'timeout' | 'unreadable',
    readonly side: Side,
    readonly origin: string,
    options: { cause?: unknown; status?: number } = {},
  ) {
    super(`${side}: ${reason}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TransportError';
    this.status = options.status ?? null;
  }
}

export function problemCode(error: unknown): string | null {
  return error instanceof ProblemError ? error.problem.code : null;
}

/** The person has to sign in: only the control plane knows sessions, a gateway's 401 is about a token. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof ProblemError && error.side === 'control plane' && (error.problem.code === 'auth_required' || error.problem.code === 'session_expired');
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.status === 404;
}

/** Whether asking again unchanged can help. */
export function isRetryable(error: unknown): boolean {
  return error instanceof ProblemError ? error.problem.retryable : error instanceof TransportError;
}

export interface FailureText {
  readonly title: string;
  readonly detail: string;
  /** Shown where a person would report it. */
  readonly requestId: string | null;
}

/** A failure in words for a person. */
export function failureText(error: unknown): FailureText {
  if (error instanceof ProblemError) {
    const { problem } = error;
    return { title: problem.title, detail: problem.detail, requestId: problem.status >= 500 ? error.requestId : null };
  }
  if (error instanceof TransportError) {
    const where = error.side === 'portal' ? 'The server' : error.side === 'gateway' ? `The gateway${error.origin === '' ? '' : ` at ${error.origin}`}` : 'The control plane';
    if (error.reason === 'timeout') return { title: `${where} took too long to answer`, detail: 'It may still be working on the request. Try again in a moment.', requestId: null };
    if (error.reason === 'unreachable') return { title: `${where} cannot be reached`, detail: error.side === 'portal' ? 'Check the network connection and try again.' : 'Check the network connection. The rest of the console keeps working where it can.', requestId: null };
    return { title: `${where} gave an answer this page cannot read`, detail: `It answered with HTTP status ${error.status ?? 'unknown'}. A proxy in between may be at fault.`, requestId: null };
  }
  return { title: 'Something went wrong in the console', detail: error instanceof Error ? error.message : String(error), requestId: null };
}
