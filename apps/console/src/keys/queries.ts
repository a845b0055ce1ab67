import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { listApiKeys, type ApiKey } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';

export const keysQuery = (namespace: string) =>
  queryOptions({
    queryKey: ['keys', namespace],
    queryFn: ({ signal }) => callOperation(listApiKeys, { params: { namespace }, signal }),
  });

export type KeyState = 'active' | 'expired' | 'revoked';

export function keyState(key: ApiKey, nowMs: number): KeyState {
  if (key.revokedAt !== null) return 'revoked';
  return key.expiresAt !== null && Date.parse(key.expiresAt) <= nowMs ? 'expired' : 'active';
}

const freshKey = (namespace: string) => ['fresh-key', namespace] as const;

/** The key made last in this visit, for commands ready to paste. Held in memory only and gone at sign-out or reload. */
export function useFreshKey(namespace: string): string | null {
  return useQuery({ queryKey: freshKey(namespace), queryFn: () => null, initialData: null as string | null, staleTime: Infinity, gcTime: Infinity }).data;
}

export function useKeepFreshKey(namespace: string): (secret: string) => void {
  const queryClient = useQueryClient();
  return (secret) => {
    queryClient.setQueryDefaults(freshKey(namespace), { gcTime: Infinity });
    queryClient.setQueryData(freshKey(namespace), secret);
  };
}
