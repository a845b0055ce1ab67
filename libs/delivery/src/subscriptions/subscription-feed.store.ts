import { Prisma } from '@waybill/database';
import type { Database } from '@waybill/database';
import type { Clock, NamespaceId, QueueId, SubscriptionId, TenantId } from '@waybill/kernel';
import type { DisabledReason, Subscription } from '../subscription.js';
import { isHeld } from '../recipients/recipient.js';
import type { Consents } from '../recipients/recipient.js';
import { deliveryOfRow } from './delivery-input.js';
import type { DestinationKinds } from './destination-settings.js';
import { recipientsIn } from './recipient-view.store.js';
import type { ActiveSubscription, LiveSecrets, SubscriptionChanges, SubscriptionFeed, SubscriptionHealth, SubscriptionNudges } from './subscription-feed.js';
import type { SubscriptionSecrets } from './subscription-secrets.js';

interface FeedRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly namespace_id: string;
  readonly name: string;
  readonly queue: string;
  readonly queue_id: string;
  readonly kind: string;
  readonly settings: Record<string, unknown>;
  readonly delivery: unknown;
  readonly failing_since: Date | null;
  readonly consents: Consents | null;
  readonly version: bigint;
}

interface ChangeRow extends FeedRow {
  readonly subscription_id: string;
  /** Null when it was deleted. */
  readonly state: string | null;
}

/** What the recipients of `s` said, by address; null when they were never asked. */
const consentsOfRow = Prisma.sql`(SELECT jsonb_object_agg(r.address, r.state) FROM mail_recipients r WHERE r.tenant_id = s.tenant_id AND r.address = ANY(s.recipients)) AS consents`;

/** The feed of all tenants' subscriptions, for workers, and what they write. Versions come from a trigger (prisma/migrations, subscriptions). */
export class SubscriptionFeedStore implements SubscriptionFeed, SubscriptionHealth {
  constructor(
    private readonly database: Database,
    private readonly kinds: DestinationKinds,
    private readonly secrets: Pick<SubscriptionSecrets, 'openAll'>,
    private readonly nudges: Pick<SubscriptionNudges, 'nudge'>,
    private readonly clock: Clock,
  ) {}

  async version(): Promise<number> {
    const [row] = await this.database.asSystem((tx) => tx.$queryRaw<{ version: bigint | null }[]>`SELECT max(version) AS version FROM subscription_changes`);
    return Number(row?.version ?? 0);
  }

  /** A page of those that nothing holds; what is held makes it shorter, never empty before the end. */
  async active(after: string, limit: number): Promise<ActiveSubscription[]> {
    const rows = await this.database.asSystem(
      (tx) => tx.$queryRaw<FeedRow[]>`
        SELECT s.id, s.tenant_id, s.namespace_id, s.name, s.queue, q.id AS queue_id, s.kind, s.settings, s.delivery, s.failing_since, c.version, ${consentsOfRow}
        FROM subscriptions s
        JOIN queues q ON q.tenant_id = s.tenant_id AND q.namespace_id = s.namespace_id AND q.name = s.queue
        JOIN subscription_changes c ON c.tenant_id = s.tenant_id AND c.namespace_id = s.namespace_id AND c.subscription_id = s.id
        WHERE s.state = 'active' AND s.id > ${after} ORDER BY s.id LIMIT ${limit}`,
    );
    const active = rows.flatMap((row) => this.#activeOf(row) ?? []);
    return active.length === 0 && rows.length === limit ? this.active(rows.at(-1)!.id, limit) : active;
  }

  async changesSince(version: number, limit: number): Promise<SubscriptionChanges> {
    const rows = await this.database.asSystem(
      (tx) => tx.$queryRaw<ChangeRow[]>`
        SELECT c.subscription_id, c.version, s.state, s.id, s.tenant_id, s.namespace_id, s.name, s.queue, q.id AS queue_id, s.kind, s.settings, s.delivery, s.failing_since, ${consentsOfRow}
        FROM subscription_changes c
        LEFT JOIN subscriptions s ON s.tenant_id = c.tenant_id AND s.namespace_id = c.namespace_id AND s.id = c.subscription_id
        LEFT JOIN queues q ON q.tenant_id = s.tenant_id AND q.namespace_id = s.namespace_id AND q.name = s.queue
        WHERE c.version > ${version} ORDER BY c.version LIMIT ${limit}`,
    );
    return {
      changes: rows.map((row) => ({ id: row.subscription_id as SubscriptionId, active: row.state === 'active' ? this.#activeOf(row) : null })),
      version: Number(rows.at(-1)?.version ?? version),
      complete: rows.length < limit,
    };
  }

  async secretsOf({ id, tenantId, namespaceId }: Subscription): Promise<LiveSecrets> {
    const now = new Date(this.clock.nowMs());
    const where = { tenantId, namespaceId, subscriptionId: id };
    const rows = await this.database.withTenant(tenantId, (tx) =>
      tx.subscriptionSecret.findMany({ where: { ...where, OR: [{ liveUntil: null }, { liveUntil: { gt: now } }] }, orderBy: [{ liveFrom: 'desc' }, { id: 'desc' }] }),
    );
    const turns = rows.flatMap(({ liveFrom, liveUntil }) => [liveFrom, ...(liveUntil ? [liveUntil] : [])]).map((at) => at.getTime()).filter((atMs) => atMs > now.getTime());
    const live = rows.filter(({ liveFrom }) => liveFrom <= now);
    return { secrets: this.secrets.openAll({ tenantId, namespaceId, subscriptionId: id }, live), untilMs: turns.length === 0 ? null : Math.min(...turns) };
  }

  async failing({ id, tenantId, namespaceId }: Subscription, sinceMs: number | null): Promise<void> {
    await this.#update(tenantId, { tenantId, namespaceId, id }, { failingSince: sinceMs === null ? null : new Date(sinceMs) });
  }

  async disable({ id, tenantId, namespaceId }: Subscription, reason: DisabledReason): Promise<void> {
    const now = new Date(this.clock.nowMs());
    await this.#update(tenantId, { tenantId, namespaceId, id, state: 'active' }, { state: 'disabled', disabledReason: reason, disabledAt: now, changedAt: now });
  }

  async #update(tenantId: string, where: { tenantId: string; namespaceId: string; id: string; state?: string }, data: { failingSince: Date | null } | { state: string; disabledReason: string; disabledAt: Date; changedAt: Date }): Promise<void> {
    const { count } = await this.database.withTenant(tenantId, (tx) => tx.subscription.updateMany({ where, data }));
    if (count > 0) await this.nudges.nudge();
  }

  /** Null: no recipient may be mailed, so its messages wait in their queue. */
  #activeOf(row: FeedRow): ActiveSubscription | null {
    const consents = row.consents ?? {};
    if (isHeld(recipientsIn(row, this.kinds), consents)) return null;
    return {
      failingSinceMs: row.failing_since?.getTime() ?? null,
      subscription: {
        id: row.id as SubscriptionId, tenantId: row.tenant_id as TenantId, namespaceId: row.namespace_id as NamespaceId, name: row.name,
        queueId: row.queue_id as QueueId, queue: row.queue, kind: row.kind, settings: row.settings, delivery: deliveryOfRow(row.delivery),
        state: 'active', disabledReason: null, consents, version: Number(row.version),
      },
    };
  }
}
