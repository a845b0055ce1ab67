import { WaybillApiError, WaybillConnectionError } from '@waybill/client';

/** How the command ends; docs/guides/cli.md lists them. */
export const exitCodes = { done: 0, failed: 1, usage: 2, notAllowed: 3, notFound: 4, tryLater: 5, different: 6, interrupted: 130 } as const;

/** The command was called wrongly, or something it needs is missing: the message says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Ends with a code after everything has been said. */
export class Ended extends Error {
  override readonly name = 'Ended';

  constructor(readonly exitCode: number) {
    super(`exit ${exitCode}`);
  }
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof Ended) return error.exitCode;
  if (error instanceof UsageError) return exitCodes.usage;
  if (error instanceof WaybillConnectionError) return exitCodes.tryLater;
  if (!(error instanceof WaybillApiError)) return exitCodes.failed;
  if (error.status === 401 || error.status === 403) return exitCodes.notAllowed;
  if (error.status === 404) return exitCodes.notFound;
  return error.retryable ? exitCodes.tryLater : exitCodes.failed;
}

export interface Told {
  readonly code: string;
  /** What to do. */
  readonly detail: string;
  readonly status?: number;
  readonly requestId?: string;
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
}

/** The error as people and scripts are told. */
export function told(error: unknown): Told {
  if (error instanceof WaybillApiError) {
    const { code, detail, status, requestId, issues } = error;
    return { code, detail, status, ...(requestId === undefined ? {} : { requestId }), ...(issues.length === 0 ? {} : { issues }) };
  }
  if (error instanceof WaybillConnectionError) return { code: error.code, detail: `${error.message}. Check the address (waybill profiles) and the network.` };
  if (error instanceof UsageError) return { code: 'usage', detail: error.message };
  return { code: 'failed', detail: error instanceof Error ? error.message : String(error) };
}

/** For people: code, what to do, and which fields. */
export function complaint({ code, detail, requestId, issues = [] }: Told): string {
  const fields = issues.map(({ path, message }) => `  ${path}: ${message}`);
  return [`${code}: ${detail}`, ...fields, ...(requestId === undefined ? [] : [`  request ${requestId}`])].join('\n');
}
