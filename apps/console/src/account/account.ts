import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams, useRouter } from '@tanstack/react-router';
import { getAccount, signOut, type Account } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';
import { isSignedOut } from '../api/failure.js';
import { forgetGateways } from '../api/gateway.js';
import { ownAddress } from './own-address.js';

export const accountKey = ['account'] as const;

export const accountQuery = queryOptions({
  queryKey: accountKey,
  queryFn: ({ signal }) => callOperation(getAccount, { signal }),
  staleTime: 60_000,
});

export type Tenant = Account['tenants'][number];
export type Namespace = Tenant['namespaces'][number];

export interface Place {
  readonly tenant: Tenant;
  readonly namespace: Namespace;
}

export function placesOf(account: Account): Place[] {
  return account.tenants.flatMap((tenant) => tenant.namespaces.map((namespace) => ({ tenant, namespace })));
}

/** The namespace id of the address; only under the namespace route. */
export function useNamespaceId(): string {
  return useParams({ from: '/signed-in/namespaces/$namespace' }).namespace;
}

/** The namespace of the address with its tenant; null while the account loads. */
export function usePlace(): Place | null {
  const id = useNamespaceId();
  const account = useQuery(accountQuery).data;
  return account === undefined ? null : (placesOf(account).find((place) => place.namespace.id === id) ?? null);
}

/** Ends the session here and on the server. A session that is already over is as good as ended. */
export function useSignOut(): () => Promise<void> {
  const queryClient = useQueryClient();
  const router = useRouter();
  return async () => {
    try {
      await callOperation(signOut, {});
    } catch (error) {
      if (!isSignedOut(error)) throw error;
    }
    forgetGateways();
    queryClient.clear();
    await router.navigate({ to: '/sign-in' });
  };
}

/** After sign-in or sign-up: nothing of an earlier person stays in memory. */
export function useArrive(): (account: Account, next: string | undefined) => void {
  const queryClient = useQueryClient();
  const router = useRouter();
  return (account, next) => {
    forgetGateways();
    queryClient.clear();
    queryClient.setQueryData(accountKey, account);
    router.history.push(ownAddress(next));
  };
}
