/**
 * Parts of a whole in proportion to their weights, adding up to it exactly: part n is the difference of the rounded-down
 * running totals, so each is at most one unit away from its exact share, and a part added at the end moves none before it.
 * Weights that are all 0 get 0, and nobody the whole: then it must be 0. Weights must not be negative.
 */
export function sharesOf(whole: bigint, weights: readonly bigint[]): bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  if (total === 0n) return weights.map(() => 0n);
  let running = 0n;
  let given = 0n;
  return weights.map((weight) => {
    running += weight;
    const upTo = (whole * running) / total;
    const share = upTo - given;
    given = upTo;
    return share;
  });
}
