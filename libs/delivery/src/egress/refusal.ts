/** Why a call was not made; stable words that are recorded with the attempt. */
export type EgressReason =
  | 'egress_url_invalid' | 'egress_scheme' | 'egress_userinfo' | 'egress_port' | 'egress_host' | 'egress_private_address' | 'egress_metadata_address' | 'egress_header';

/** The guard did not let a call out. `detail` may be shown: it repeats nothing but the destination's own words. */
export class EgressRefusedError extends Error {
  readonly code = 'EGRESS_REFUSED';

  constructor(
    readonly reason: EgressReason,
    readonly detail: string,
  ) {
    super(`${reason}: ${detail}`);
    this.name = 'EgressRefusedError';
  }
}

/** The refusal in an error or in what caused it: undici and net wrap what a connector throws. */
export function refusalIn(error: unknown): EgressRefusedError | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if (at instanceof EgressRefusedError) return at;
    if (at instanceof AggregateError) {
      const found: unknown = at.errors.find((part) => part instanceof EgressRefusedError);
      if (found instanceof EgressRefusedError) return found;
    }
  }
  return undefined;
}
