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

interface Fault {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}
const deepestCause = 5;

/** An error, what caused it, and the errors of several attempts to connect: undici and net wrap what went wrong. */
export function* causesOf(error: unknown): Generator<Fault> {
  for (let at = error as Fault | null | undefined, depth = 0; typeof at === 'object' && at !== null && depth < deepestCause; at = at.cause as Fault | undefined, depth += 1) {
    yield at;
    if (Array.isArray(at.errors)) for (const part of at.errors as unknown[]) if (typeof part === 'object' && part !== null) yield part as Fault;
  }
}

/** The refusal of the guard among the causes of an error. */
export function refusalIn(error: unknown): EgressRefusedError | undefined {
  for (const cause of causesOf(error)) if (cause instanceof EgressRefusedError) return cause;
  return undefined;
}
