import type { NamespaceId, QueueId, SubscriptionId, TenantId } from '@waybill/kernel';
import type { Answer } from '../destination.js';
import { defaultDelivery } from '../subscription.js';
import type { DeliverySettings, Subscription } from '../subscription.js';

export function subscriptionOf(delivery: Partial<DeliverySettings> = {}, more: Partial<Subscription> = {}): Subscription {
  return {
    id: 'sub_1' as SubscriptionId, tenantId: 'tnt_1' as TenantId, namespaceId: 'ns_1' as NamespaceId, name: 'hook', queueId: 'q_1' as QueueId, queue: 'work', kind: 'fake',
    settings: {}, delivery: { ...defaultDelivery, ...delivery }, state: 'active', disabledReason: null, consents: {}, version: 1, ...more,
  };
}

export const answerOf = (outcome: Answer['outcome'], more: Partial<Answer> = {}): Answer => ({
  outcome, status: outcome === 'delivered' ? 200 : 500, reason: null, head: new Uint8Array(), requestId: null, retryAfterMs: null, ...more,
});
