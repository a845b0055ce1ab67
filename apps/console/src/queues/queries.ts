import { infiniteQueryOptions, queryOptions, useQueryClient } from '@tanstack/react-query';
import { getQueue, listBindings, listQueues } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';

export const pageSize = 500;

export const queuesQuery = (namespace: string) =>
  infiniteQueryOptions({
    queryKey: ['queues', namespace],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      callOperation(listQueues, { params: { namespace }, query: { limit: pageSize, ...(pageParam === undefined ? {} : { after: pageParam }) }, signal }),
    getNextPageParam: (last) => last.next ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
  });

export const queueQuery = (namespace: string, queue: string) =>
  queryOptions({
    queryKey: ['queue', namespace, queue],
    queryFn: ({ signal }) => callOperation(getQueue, { params: { namespace, queue }, signal }),
  });

export const bindingsToQueueQuery = (namespace: string, queue: string) =>
  queryOptions({
    queryKey: ['bindings', namespace, { queue }],
    queryFn: ({ signal }) => callOperation(listBindings, { params: { namespace }, query: { queue, limit: 1000 }, signal }),
  });

/**
 * After any change of the topology: counts of bindings stand in several lists, so all of them are asked again.
 * Resolves when the control plane's lists are new; the gateway's figures follow by themselves.
 */
export function useRefreshTopology(namespace: string): () => Promise<void> {
  const queryClient = useQueryClient();
  return async () => {
    void queryClient.invalidateQueries({ queryKey: ['figures', namespace] });
    await Promise.all(['queues', 'queue', 'exchanges', 'exchange', 'bindings'].map((room) => queryClient.invalidateQueries({ queryKey: [room, namespace] })));
  };
}
