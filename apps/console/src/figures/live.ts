import { queryOptions, useQueryClient, useQuery, type QueryClient } from '@tanstack/react-query';
import { getQueueFigures, listQueueFigures } from '@waybill/contracts';
import { gatewayOf } from '../api/gateway.js';
import { withReading, type LiveFigures } from './readings.js';

const pollMs = 2_000;

const polled = {
  refetchInterval: pollMs,
  staleTime: pollMs,
  // The next poll is the retry.
  retry: false,
  structuralSharing: false,
  gcTime: 10 * 60_000,
} as const;

function figuresOf(queryClient: QueryClient, namespace: string) {
  const queryKey = ['figures', namespace] as const;
  return queryOptions({
    ...polled,
    queryKey,
    queryFn: async ({ signal }): Promise<LiveFigures> => {
      const { items, next, at } = await gatewayOf(namespace).call(listQueueFigures, { query: { limit: 1000 }, signal });
      return withReading(queryClient.getQueryData<LiveFigures>(queryKey), items, Date.parse(at), next !== null);
    },
  });
}

/** Figures of every queue of a namespace, read from the gateway every two seconds while the page is seen. */
export function useLiveFigures(namespace: string) {
  return useQuery(figuresOf(useQueryClient(), namespace));
}

/** The same for one queue. */
export function useLiveQueue(namespace: string, queue: string) {
  const queryClient = useQueryClient();
  const queryKey = ['figures', namespace, queue] as const;
  return useQuery({
    ...polled,
    queryKey,
    queryFn: async ({ signal }): Promise<LiveFigures> => {
      const figures = await gatewayOf(namespace).call(getQueueFigures, { params: { queue }, signal });
      return withReading(queryClient.getQueryData<LiveFigures>(queryKey), [figures], Date.now());
    },
  });
}

/** After a message moved: the figures are asked for at once instead of at the next poll. */
export function useRefreshFigures(namespace: string): () => void {
  const queryClient = useQueryClient();
  return () => void queryClient.invalidateQueries({ queryKey: ['figures', namespace] });
}
