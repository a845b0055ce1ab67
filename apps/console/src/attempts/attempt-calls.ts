import type { QueryKey } from '@tanstack/react-query';
import { listAttempts, resendAttempt, type Attempt } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';
import type { AttemptFilter } from './attempt-filter.js';

interface AttemptPage {
  readonly items: Attempt[];
  readonly next: string | null;
}

/** Where attempts come from and go again: the control plane for a member, the portal for a customer's customer. */
export interface AttemptCalls {
  /** Begins the keys of its queries. */
  readonly key: QueryKey;
  list(filter: AttemptFilter, after: string | undefined, signal: AbortSignal): Promise<AttemptPage>;
  resend(attempt: Attempt): Promise<{ message: string; from: 'retry' | 'dead' }>;
}

/** Below other things a shorter page, so that what follows is in reach. */
export const attemptsPerPage = { alone: 50, amongOthers: 20 } as const;

/** Attempts of a namespace, or of one of its subscriptions. */
export function namespaceAttempts(namespace: string, subscription?: string): AttemptCalls {
  return {
    key: ['attempts', namespace, subscription ?? null],
    list: (filter, after, signal) =>
      callOperation(listAttempts, { params: { namespace }, query: { limit: subscription === undefined ? attemptsPerPage.alone : attemptsPerPage.amongOthers, ...filter, ...(subscription === undefined ? {} : { subscription }), ...(after === undefined ? {} : { after }) }, signal }),
    resend: ({ id }) => callOperation(resendAttempt, { params: { namespace, attempt: id } }),
  };
}
