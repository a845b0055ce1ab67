import { infiniteQueryOptions, useQueryClient } from '@tanstack/react-query';
import { listPortalLinks, type PortalLinkView } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';

/** Links that have not expired, newest first. */
export const portalLinksQuery = (namespace: string) =>
  infiniteQueryOptions({
    queryKey: ['portal-links', namespace],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => callOperation(listPortalLinks, { params: { namespace }, query: { limit: 100, ...(pageParam === undefined ? {} : { after: pageParam }) }, signal }),
    getNextPageParam: (last) => last.next ?? undefined,
    select: (data) => data.pages.flatMap((page): PortalLinkView[] => page.items),
    refetchInterval: 30_000,
  });

export function useRefreshLinks(namespace: string): () => Promise<void> {
  const queryClient = useQueryClient();
  return () => queryClient.invalidateQueries({ queryKey: ['portal-links', namespace] });
}
