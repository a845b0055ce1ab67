import { infiniteQueryOptions, useQueryClient } from '@tanstack/react-query';
import { listTasks, type Task } from '@waybill/contracts';
import { gatewayOf } from '../api/gateway.js';

const pageSize = 50;

/** Tasks of the last week, newest first; asked for more often while one runs. */
export const tasksQuery = (namespace: string) =>
  infiniteQueryOptions({
    queryKey: ['tasks', namespace],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => gatewayOf(namespace).call(listTasks, { query: { limit: pageSize, ...(pageParam === undefined ? {} : { after: pageParam }) }, signal }),
    getNextPageParam: (last) => last.next ?? undefined,
    select: (data) => data.pages.flatMap((page): Task[] => page.items),
    refetchInterval: ({ state }) => (state.data?.pages.some(({ items }) => items.some((task) => task.state === 'running')) ? 1_000 : 10_000),
  });

export function useRefreshTasks(namespace: string): () => Promise<void> {
  const queryClient = useQueryClient();
  return () => queryClient.invalidateQueries({ queryKey: ['tasks', namespace] });
}
