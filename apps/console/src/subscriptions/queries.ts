import { infiniteQueryOptions, queryOptions, useQueryClient } from '@tanstack/react-query';
import { getSubscription, getSubscriptionHealth, listDestinationKinds, listSubscriptionAlerts, listSubscriptions, listSubscriptionSecrets } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';

export interface SubscriptionFilter {
  readonly queue?: string;
  readonly state?: 'active' | 'paused' | 'disabled';
}

/** Each row asks for its health, so a page is no longer than a person reads. */
const pageSize = 50;

export const subscriptionsQuery = (namespace: string, filter: SubscriptionFilter = {}) =>
  infiniteQueryOptions({
    queryKey: ['subscriptions', namespace, filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      callOperation(listSubscriptions, { params: { namespace }, query: { limit: pageSize, ...filter, ...(pageParam === undefined ? {} : { after: pageParam }) }, signal }),
    getNextPageParam: (last) => last.next ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
  });

export const subscriptionQuery = (namespace: string, subscription: string) =>
  queryOptions({
    queryKey: ['subscription', namespace, subscription],
    queryFn: ({ signal }) => callOperation(getSubscription, { params: { namespace, subscription }, signal }),
    refetchInterval: 10_000,
  });

export const destinationKindsQuery = (namespace: string) =>
  queryOptions({
    queryKey: ['destination-kinds', namespace],
    queryFn: ({ signal }) => callOperation(listDestinationKinds, { params: { namespace }, signal }),
    staleTime: 5 * 60_000,
  });

/** @param hours how far back */
export const healthQuery = (namespace: string, subscription: string, hours = 24) =>
  queryOptions({
    queryKey: ['subscription-health', namespace, subscription, hours],
    queryFn: ({ signal }) => callOperation(getSubscriptionHealth, { params: { namespace, subscription }, query: { hours }, signal }),
    refetchInterval: 5_000,
  });

export const alertsQuery = (namespace: string, subscription: string) =>
  queryOptions({
    queryKey: ['subscription-alerts', namespace, subscription],
    queryFn: ({ signal }) => callOperation(listSubscriptionAlerts, { params: { namespace, subscription }, signal }),
    refetchInterval: 30_000,
  });

export const secretsQuery = (namespace: string, subscription: string) =>
  queryOptions({
    queryKey: ['subscription-secrets', namespace, subscription],
    queryFn: ({ signal }) => callOperation(listSubscriptionSecrets, { params: { namespace, subscription }, signal }),
  });

/** After a change of a subscription, or of what it did: lists, page and attempts are asked for again. */
export function useRefreshSubscriptions(namespace: string): () => Promise<void> {
  const queryClient = useQueryClient();
  return async () => {
    await Promise.all(['subscriptions', 'subscription', 'subscription-health', 'subscription-alerts', 'subscription-secrets', 'attempts'].map((room) => queryClient.invalidateQueries({ queryKey: [room, namespace] })));
  };
}
