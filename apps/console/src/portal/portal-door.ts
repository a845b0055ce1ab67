import type { Operation, Reply } from '@waybill/contracts';
import { ProblemError } from '../api/failure.js';
import { callAt, type CallInput } from '../api/operation-call.js';

const timeoutMs = 20_000;

/**
 * Takes the token out of the address, so that neither the history nor a copied address holds it. It lives in memory
 * only: after a reload the link has to be opened again.
 */
export function takeToken(location: Pick<Location, 'hash' | 'pathname' | 'search'>, history: Pick<History, 'replaceState'>): string | null {
  const token = location.hash.replace(/^#/, '');
  if (token === '') return null;
  history.replaceState(null, '', `${location.pathname}${location.search}`);
  return token;
}

/** The control plane as the holder of a link sees it. No cookie travels, whoever is signed in beside. */
export class PortalDoor {
  constructor(private readonly token: string) {}

  call<O extends Operation>(operation: O, input: CallInput<O>): Promise<Reply<O>> {
    return callAt({ side: 'portal', origin: '', headers: { authorization: `Bearer ${this.token}` }, timeoutMs }, operation, input);
  }
}

/** The link has expired or never was one. */
export function isLinkOver(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.status === 401;
}
