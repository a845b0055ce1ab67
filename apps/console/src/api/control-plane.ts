import type { Operation, Reply } from '@waybill/contracts';
import { callAt, type CallInput } from './operation-call.js';

/** Longer than any control call should take; after it the person is told instead of left with a spinner. */
const timeoutMs = 20_000;

/** Calls the control plane on the page's own origin; the session cookie travels by itself. */
export function callOperation<O extends Operation>(operation: O, input: CallInput<O>): Promise<Reply<O>> {
  return callAt({ side: 'control plane', origin: '', timeoutMs }, operation, input);
}
