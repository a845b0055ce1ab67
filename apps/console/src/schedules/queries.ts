import { infiniteQueryOptions, queryOptions, useQueryClient } from '@tanstack/react-query';
import { getSchedule, listSchedules, type Schedule } from '@waybill/contracts';
import { gatewayOf } from '../api/gateway.js';

export const schedulesQuery = (namespace: string) =>
  infiniteQueryOptions({
    queryKey: ['schedules', namespace],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => gatewayOf(namespace).call(listSchedules, { query: { limit: 100, ...(pageParam === undefined ? {} : { after: pageParam }) }, signal }),
    getNextPageParam: (last) => last.next ?? undefined,
    select: (data) => data.pages.flatMap((page): Schedule[] => page.items),
    refetchInterval: 10_000,
  });

/** One schedule with its next runs. */
export const scheduleQuery = (namespace: string, schedule: string) =>
  queryOptions({ queryKey: ['schedule', namespace, schedule], queryFn: ({ signal }) => gatewayOf(namespace).call(getSchedule, { params: { schedule }, signal }), refetchInterval: 10_000 });

export function useRefreshSchedules(namespace: string): () => Promise<void> {
  const queryClient = useQueryClient();
  return async () => {
    await Promise.all(['schedules', 'schedule'].map((room) => queryClient.invalidateQueries({ queryKey: [room, namespace] })));
  };
}
