import type { CreditGrant, CreditTransaction, Invoice } from '../state.js';
import type { World } from '../world.js';

export function record(world: World, grant: CreditGrant, kind: CreditTransaction['kind'], amount: bigint, where: { invoice: string; line: string } | null = null): void {
  world.creditTransactions.add({ id: world.creditTransactions.newId(), created: world.now(), grant: grant.id, kind, amount, invoice: where?.invoice ?? null, line: where?.line ?? null });
}

/** Grants that may be spent now, in the order in which they are: priority, expiry, creation. */
export function spendable(world: World, customer: string, currency: string): CreditGrant[] {
  const now = world.now();
  return world.grants
    .where((grant) => grant.customer === customer && grant.currency === currency && grant.voidedAt === null && grant.remaining > 0n && grant.effectiveAt <= now && (grant.expiresAt === null || grant.expiresAt > now))
    .sort((a, b) => a.priority - b.priority || (a.expiresAt ?? Infinity) - (b.expiresAt ?? Infinity) || a.created - b.created || (a.id < b.id ? -1 : 1));
}

const payable = (world: World, { lines }: Invoice): Invoice['lines'] => lines.filter((row) => (row.metered || !world.rules.creditsPayMeteredLinesOnly) && row.amount > 0n);

/** What finalization would pay from the grants, noted on the lines; nothing is burnt. */
export function previewCredits(world: World, invoice: Invoice): bigint {
  const granted = spendable(world, invoice.customer, invoice.currency).reduce((sum, { remaining }) => sum + remaining, 0n);
  let left = granted;
  for (const line of payable(world, invoice)) {
    const share = left < line.amount ? left : line.amount;
    line.credit += share;
    left -= share;
  }
  return granted - left;
}

/** Pays metered lines from the grants, at finalization; what was paid is answered, cents. */
export function applyCredits(world: World, invoice: Invoice): bigint {
  let applied = 0n;
  for (const line of payable(world, invoice)) {
    let open = line.amount;
    for (const grant of spendable(world, invoice.customer, invoice.currency)) {
      const share = grant.remaining < open ? grant.remaining : open;
      grant.remaining -= share;
      open -= share;
      applied += share;
      line.credit += share;
      record(world, grant, 'credits_applied', share, { invoice: invoice.id, line: line.id });
      if (open === 0n) break;
    }
  }
  return applied;
}

/** A void invoice gives its credits back. */
export function returnCredits(world: World, invoice: Invoice): void {
  for (const used of world.creditTransactions.where((row) => row.invoice === invoice.id && row.kind === 'credits_applied')) {
    const grant = world.grants.get(used.grant);
    grant.remaining += used.amount;
    record(world, grant, 'credits_application_invoice_voided', used.amount, { invoice: invoice.id, line: used.line! });
  }
}
