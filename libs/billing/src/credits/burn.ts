/** A grant of credit as burning sees it. */
export interface GrantState {
  readonly id: string;
  readonly priority: number;
  readonly expiresAtMs: number | null;
  readonly createdAtMs: number;
  readonly remainingCents: bigint;
}

/** Lowest priority number first, then what expires first, then the oldest (billing.md §6). */
export function burnOrder<G extends GrantState>(grants: readonly G[], nowMs: number): G[] {
  const expiry = ({ expiresAtMs }: GrantState) => expiresAtMs ?? Number.MAX_SAFE_INTEGER;
  return grants
    .filter((grant) => grant.remainingCents > 0n && expiry(grant) > nowMs)
    .sort((a, b) => a.priority - b.priority || expiry(a) - expiry(b) || a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1));
}
