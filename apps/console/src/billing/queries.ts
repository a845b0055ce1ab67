import { infiniteQueryOptions, queryOptions, useQueryClient } from '@tanstack/react-query';
import { getBilling, getCap, getCost, getCredits, getInvoice, getInvoiceLine, listInvoices, listPlans, previewInvoice, whatIf } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';

const room = 'billing';

export const billingQuery = queryOptions({ queryKey: [room, 'contract'], queryFn: ({ signal }) => callOperation(getBilling, { signal }) });
export const costQuery = queryOptions({ queryKey: [room, 'cost'], queryFn: ({ signal }) => callOperation(getCost, { signal }), refetchInterval: 10_000 });
export const previewQuery = queryOptions({ queryKey: [room, 'preview'], queryFn: ({ signal }) => callOperation(previewInvoice, { signal }) });
export const plansQuery = queryOptions({ queryKey: [room, 'plans'], queryFn: ({ signal }) => callOperation(listPlans, { signal }), staleTime: 60_000 });
export const capQuery = queryOptions({ queryKey: [room, 'cap'], queryFn: ({ signal }) => callOperation(getCap, { signal }), refetchInterval: 10_000 });
export const creditsQuery = queryOptions({ queryKey: [room, 'credits'], queryFn: ({ signal }) => callOperation(getCredits, { signal }) });

export const whatIfQuery = (plan: string, period: string) =>
  queryOptions({ queryKey: [room, 'what-if', plan, period], queryFn: ({ signal }) => callOperation(whatIf, { query: { plan, period }, signal }) });

export const invoicesQuery = infiniteQueryOptions({
  queryKey: [room, 'invoices'],
  initialPageParam: undefined as string | undefined,
  queryFn: ({ pageParam, signal }) => callOperation(listInvoices, { query: { limit: 50, ...(pageParam === undefined ? {} : { after: pageParam }) }, signal }),
  getNextPageParam: (last) => last.next ?? undefined,
  select: (data) => data.pages.flatMap((page) => page.items),
});

export const invoiceQuery = (invoice: string) =>
  queryOptions({ queryKey: [room, 'invoice', invoice], queryFn: ({ signal }) => callOperation(getInvoice, { params: { invoice }, signal }) });

export const invoiceLineQuery = (invoice: string, line: string) =>
  queryOptions({ queryKey: [room, 'invoice', invoice, 'line', line], queryFn: ({ signal }) => callOperation(getInvoiceLine, { params: { invoice, line }, signal }) });

/** After a change of plan, cap or credit: figures stand on several cards. */
export function useRefreshBilling(): () => Promise<void> {
  const queryClient = useQueryClient();
  return () => queryClient.invalidateQueries({ queryKey: [room] });
}
