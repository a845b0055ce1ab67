import { isDeepStrictEqual } from 'node:util';
import type { QueueRef } from '@waybill/broker';
import type { Database, Prisma, Transaction } from '@waybill/database';
import type { Caller } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { DeliverySettings } from '../subscription.js';
import { addressKey } from '../recipients/recipient.js';
import { askAgain, askRecipients } from '../recipients/recipient.store.js';
import { limits } from './definitions.js';
import type { Page, Settings, SubscriptionQuery, SubscriptionRef, SubscriptionView } from './definitions.js';
import { deliveryOfRow } from './delivery-input.js';
import type { DestinationKinds } from './destination-settings.js';
import { lockNamespace, requireNamespace, requireSubscription, scopeOf } from './namespace-scope.store.js';
import type { Scope } from './namespace-scope.store.js';
import { cursorOf, readCursor } from './page-token.js';
import type { SecretPlan, SecretRow } from './secret.store.js';
import { applySecretPlan, liveSecrets } from './secret.store.js';
import { recipientsIn, viewsOf } from './recipient-view.store.js';
import type { SubscriptionRow } from './subscription-row.js';

/** What a PUT says, checked and complete. */
export interface SubscriptionData {
  readonly queue: string;
  readonly kind: string;
  readonly settings: Settings;
  readonly delivery: DeliverySettings;
  readonly description: string;
  readonly customer: string | null;
}

/** Which secrets a PUT adds and ends: of a new subscription `live` is empty. */
export type PlanSecrets = (subscriptionId: string, live: readonly SecretRow[]) => SecretPlan;

/** What an operation makes of a row; null leaves it alone. Throws the code of its refusal. */
export type StateChange = (row: SubscriptionView) => { state: string; disabledReason?: null; disabledAt?: null; failingSince?: null } | null;

/** Days after which the note of a deletion is dropped: no worker has been reading that long without a start. */
const deletionsKeptDays = 30;

/** Subscriptions in PostgreSQL. Every method fails with `namespace_not_found`. */
export class SubscriptionStore {
  constructor(
    private readonly database: Database,
    private readonly kinds: DestinationKinds,
  ) {}

  /** By name. */
  async list(caller: Caller, namespaceId: string, { limit, after, queue, customer, state }: SubscriptionQuery): Promise<Page<SubscriptionView>> {
    const [scope, from] = [scopeOf(caller, namespaceId), readCursor(after)];
    const [views, more] = await this.database.withTenant(scope.tenantId, async (tx) => {
      await requireNamespace(tx, scope);
      const where = { ...scope, name: { gt: from }, ...(queue === undefined ? {} : { queue }), ...(customer === undefined ? {} : { customer }), ...(state === undefined ? {} : { state }) };
      const rows = await tx.subscription.findMany({ where, orderBy: { name: 'asc' }, take: limit + 1 });
      return [await viewsOf(tx, scope.tenantId, rows.slice(0, limit), this.kinds), rows.length > limit] as const;
    });
    const last = views.at(-1);
    return { items: views, next: more && last ? cursorOf(last.name) : null };
  }

  /** Fails with `subscription_not_found`. */
  async get(caller: Caller, namespaceId: string, ref: SubscriptionRef): Promise<SubscriptionView> {
    const scope = scopeOf(caller, namespaceId);
    return this.database.withTenant(scope.tenantId, async (tx) => {
      await requireNamespace(tx, scope);
      return this.#view(tx, scope, await requireSubscription(tx, scope, ref));
    });
  }

  /** The subscription and where its messages lie. Fails with `subscription_not_found`. */
  async source(caller: Caller, namespaceId: string, ref: SubscriptionRef): Promise<{ subscription: SubscriptionView; queue: QueueRef }> {
    const scope = scopeOf(caller, namespaceId);
    return this.database.withTenant(scope.tenantId, async (tx) => {
      await requireNamespace(tx, scope);
      const row = await requireSubscription(tx, scope, ref);
      const { id } = await tx.queue.findUniqueOrThrow({ where: { tenantId_namespaceId_name: { ...scope, name: row.queue } }, select: { id: true } });
      return { subscription: await this.#view(tx, scope, row), queue: { ns: scope.namespaceId, id, name: row.queue } };
    });
  }

  /** That the namespace is the caller's. */
  async open(caller: Caller, namespaceId: string): Promise<void> {
    const scope = scopeOf(caller, namespaceId);
    return this.database.withTenant(scope.tenantId, (tx) => requireNamespace(tx, scope));
  }

  /** Names by id, of those that exist. */
  async names(caller: Caller, namespaceId: string, ids: readonly string[]): Promise<Map<string, string>> {
    const scope = scopeOf(caller, namespaceId);
    const rows = await this.database.withTenant(scope.tenantId, (tx) => tx.subscription.findMany({ where: { ...scope, id: { in: [...ids] } }, select: { id: true, name: true } }));
    return new Map(rows.map(({ id, name }) => [id, name]));
  }

  /** Creates it under `id`, or gives it these settings. Its recipients are asked. Fails with `subscription_conflict`, `queue_not_found`, `limit_reached`, `confirmations_limited`. */
  async put(caller: Caller, namespaceId: string, at: { id: string; name: string; now: Date }, data: SubscriptionData, planSecrets: PlanSecrets): Promise<{ created: boolean; changed: boolean; subscription: SubscriptionView }> {
    const scope = scopeOf(caller, namespaceId);
    return this.database.withTenant(scope.tenantId, async (tx) => {
      await lockNamespace(tx, scope);
      const found = await tx.subscription.findUnique({ where: { tenantId_namespaceId_name: { ...scope, name: at.name } } });
      if (found && (found.queue !== data.queue || found.kind !== data.kind)) throw new WaybillError('subscription_conflict');
      const plan = planSecrets(found?.id ?? at.id, found ? await liveSecrets(tx, scope, found.id, at.now) : []);
      const asked = recipientsIn(data, this.kinds);
      await askRecipients(tx, scope.tenantId, asked, { namespaceId: scope.namespaceId, subscription: at.name }, at.now);
      const unchanged = found !== null && plan.add.length === 0 && isDeepStrictEqual(contentOf(found), data);
      if (unchanged) return { created: false, changed: false, subscription: await this.#view(tx, scope, found) };
      const columns = { ...columnsOf(data, at.now), recipients: asked.map(({ address }) => addressKey(address)) };
      const row = found
        ? await tx.subscription.update({ where: { id: found.id }, data: columns })
        : await this.#create(tx, scope, at, columns);
      await applySecretPlan(tx, scope, row.id, plan, at.now);
      return { created: found === null, changed: true, subscription: await this.#view(tx, scope, row) };
    });
  }

  /** Fails with `subscription_not_found` and what `change` throws. */
  async changeState(caller: Caller, namespaceId: string, ref: SubscriptionRef, now: Date, change: StateChange): Promise<{ changed: boolean; subscription: SubscriptionView }> {
    const scope = scopeOf(caller, namespaceId);
    return this.database.withTenant(scope.tenantId, async (tx) => {
      await lockNamespace(tx, scope);
      const row = await requireSubscription(tx, scope, ref);
      const view = await this.#view(tx, scope, row);
      const data = change(view);
      if (data === null) return { changed: false, subscription: view };
      return { changed: true, subscription: await this.#view(tx, scope, await tx.subscription.update({ where: { id: row.id }, data: { ...data, changedAt: now } })) };
    });
  }

  /** Asks a recipient again. Fails with `subscription_not_found`, `recipient_not_found`, `recipient_settled`, `confirmations_limited`. */
  async askAgain(caller: Caller, namespaceId: string, ref: SubscriptionRef, address: string, now: Date): Promise<SubscriptionView> {
    const scope = scopeOf(caller, namespaceId);
    return this.database.withTenant(scope.tenantId, async (tx) => {
      await lockNamespace(tx, scope);
      const row = await requireSubscription(tx, scope, ref);
      const recipient = recipientsIn(row, this.kinds).find((known) => addressKey(known.address) === addressKey(address));
      if (recipient === undefined) throw new WaybillError('recipient_not_found');
      await askAgain(tx, scope.tenantId, recipient, { namespaceId: scope.namespaceId, subscription: row.name }, now);
      return this.#view(tx, scope, row);
    });
  }

  /** Fails with `subscription_not_found`. */
  async delete(caller: Caller, namespaceId: string, ref: SubscriptionRef): Promise<void> {
    const scope = scopeOf(caller, namespaceId);
    await this.database.withTenant(scope.tenantId, async (tx) => {
      await lockNamespace(tx, scope);
      const { id } = await requireSubscription(tx, scope, ref);
      await tx.subscription.delete({ where: { id } });
      await tx.$executeRaw`
        DELETE FROM subscription_changes c WHERE tenant_id = ${scope.tenantId} AND changed_at < now() - make_interval(days => ${deletionsKeptDays}::int)
          AND NOT EXISTS (SELECT FROM subscriptions s WHERE s.tenant_id = c.tenant_id AND s.namespace_id = c.namespace_id AND s.id = c.subscription_id)`;
    });
  }

  async #view(tx: Transaction, { tenantId }: Scope, row: SubscriptionRow): Promise<SubscriptionView> {
    return (await viewsOf(tx, tenantId, [row], this.kinds))[0]!;
  }

  async #create(tx: Transaction, scope: Scope, { id, name }: { id: string; name: string }, columns: ReturnType<typeof columnsOf> & { recipients: string[] }): Promise<SubscriptionRow> {
    const queue = await tx.queue.findUnique({ where: { tenantId_namespaceId_name: { ...scope, name: columns.queue } }, select: { id: true } });
    if (queue === null) throw new WaybillError('queue_not_found', { queue: columns.queue });
    if ((await tx.subscription.count({ where: scope })) >= limits.subscriptions) throw new WaybillError('limit_reached', { resource: 'subscriptions', limit: limits.subscriptions });
    return tx.subscription.create({ data: { ...scope, id, name, ...columns, createdAt: columns.changedAt } });
  }
}

function contentOf({ queue, kind, settings, delivery, description, customer }: SubscriptionRow): SubscriptionData {
  return { queue, kind, settings: settings as Settings, delivery: deliveryOfRow(delivery), description, customer };
}

function columnsOf({ settings, delivery, ...rest }: SubscriptionData, now: Date) {
  return { ...rest, settings: settings as Prisma.InputJsonObject, delivery: { ...delivery, scheduleMs: [...delivery.scheduleMs] }, changedAt: now };
}
