import type { Database, Transaction } from '@waybill/database';
import type { Caller } from '@waybill/kernel';
import type { Consents } from '../recipients/recipient.js';
import { consentsOf } from '../recipients/recipient.store.js';
import type { SubscriptionRef } from './definitions.js';
import { lockNamespace, requireNamespace, requireSubscription, scopeOf } from './namespace-scope.store.js';
import type { Scope } from './namespace-scope.store.js';
import { factsOf } from './subscription-row.js';
import type { SubscriptionFacts } from './subscription-row.js';

export interface SecretRow {
  readonly id: string;
  readonly name: string;
  readonly sealed: string;
  readonly generated: boolean;
  readonly liveFrom: Date;
  readonly liveUntil: Date | null;
}

export interface SecretPlan {
  readonly add: readonly SecretRow[];
  /** Live ones that end earlier than they would. */
  readonly end: readonly { readonly id: string; readonly at: Date }[];
}

/** Secrets of subscriptions in PostgreSQL. Every method fails with `namespace_not_found` and `subscription_not_found`. */
export class SecretStore {
  constructor(private readonly database: Database) {}

  /** The live ones, newest first, and what recipients said. */
  async live(caller: Caller, namespaceId: string, ref: SubscriptionRef, now: Date): Promise<{ subscription: SubscriptionFacts; consents: Consents; secrets: SecretRow[] }> {
    const scope = scopeOf(caller, namespaceId);
    return this.database.withTenant(scope.tenantId, async (tx) => {
      await requireNamespace(tx, scope);
      const row = await requireSubscription(tx, scope, ref);
      return { subscription: factsOf(row), consents: await consentsOf(tx, scope.tenantId, row.recipients), secrets: await liveSecrets(tx, scope, row.id, now) };
    });
  }

  /** Carries out what `plan` makes of the live ones; one change at a time. Fails with what `plan` throws. */
  async change(caller: Caller, namespaceId: string, ref: SubscriptionRef, now: Date, plan: (subscription: SubscriptionFacts, live: readonly SecretRow[]) => SecretPlan): Promise<void> {
    const scope = scopeOf(caller, namespaceId);
    return this.database.withTenant(scope.tenantId, async (tx) => {
      await lockNamespace(tx, scope);
      const row = await requireSubscription(tx, scope, ref);
      await applySecretPlan(tx, scope, row.id, plan(factsOf(row), await liveSecrets(tx, scope, row.id, now)), now);
      // The change of the subscription is what workers hear.
      await tx.subscription.update({ where: { id: row.id }, data: { changedAt: now } });
    });
  }
}

/** Newest first. */
export function liveSecrets(tx: Transaction, scope: Scope, subscriptionId: string, now: Date): Promise<SecretRow[]> {
  return tx.subscriptionSecret.findMany({
    where: { ...scope, subscriptionId, liveFrom: { lte: now }, OR: [{ liveUntil: null }, { liveUntil: { gt: now } }] },
    orderBy: [{ liveFrom: 'desc' }, { id: 'desc' }],
  });
}

/** Sealed values that are over are deleted with it. */
export async function applySecretPlan(tx: Transaction, scope: Scope, subscriptionId: string, { add, end }: SecretPlan, now: Date): Promise<void> {
  if (add.length > 0) await tx.subscriptionSecret.createMany({ data: add.map((row) => ({ ...scope, subscriptionId, ...row })) });
  for (const { id, at } of end) await tx.subscriptionSecret.updateMany({ where: { ...scope, subscriptionId, id }, data: { liveUntil: at } });
  await tx.subscriptionSecret.deleteMany({ where: { ...scope, subscriptionId, liveUntil: { lte: now } } });
}
