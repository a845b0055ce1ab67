import { WaybillError } from '@waybill/kernel';
import { EgressGuard } from './guard.js';
import { EgressPolicy } from './policy.js';
import type { EgressSettings } from './policy.js';
import { NameServers } from './resolver.js';
import { EgressRefusedError, refusalIn } from './refusal.js';

/** The guard of a process. Throws a TypeError when a network or port is not one. */
export function openEgress(settings: EgressSettings): EgressGuard {
  return new EgressGuard(new EgressPolicy(settings), new NameServers());
}

/**
 * Runs checks that throw EgressRefusedError and fails with `egress_refused` instead. A name that does not resolve now is let
 * through: every call is checked again.
 */
export async function refusedAsProblem<T>(setting: string, check: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await check();
  } catch (error) {
    const refusal = refusalIn(error);
    if (refusal instanceof EgressRefusedError) throw new WaybillError('egress_refused', { setting, rule: refusal.reason, reason: refusal.detail }, { cause: error });
    if (error instanceof WaybillError) throw error;
    return undefined;
  }
}
