import { infiniteQueryOptions, queryOptions, useQueryClient } from '@tanstack/react-query';
import { getSource, getSourceRefusals, listSources } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';

export const sourcesQuery = (namespace: string) =>
  infiniteQueryOptions({
    queryKey: ['sources', namespace],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => callOperation(listSources, { params: { namespace }, query: { limit: 100, ...(pageParam === undefined ? {} : { after: pageParam }) }, signal }),
    getNextPageParam: (last) => last.next ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
  });

export const sourceQuery = (namespace: string, source: string) =>
  queryOptions({ queryKey: ['source', namespace, source], queryFn: ({ signal }) => callOperation(getSource, { params: { namespace, source }, signal }) });

/** What was not let in, for the page of one source. */
export const refusalsQuery = (namespace: string, source: string) =>
  queryOptions({ queryKey: ['source-refusals', namespace, source], queryFn: ({ signal }) => callOperation(getSourceRefusals, { params: { namespace, source }, signal }), refetchInterval: 10_000 });

export function useRefreshSources(namespace: string): () => Promise<void> {
  const queryClient = useQueryClient();
  return async () => {
    await Promise.all(['sources', 'source'].map((room) => queryClient.invalidateQueries({ queryKey: [room, namespace] })));
  };
}
