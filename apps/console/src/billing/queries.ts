import { infiniteQueryOptions, queryOptions, useQueryClient } from '@tanstack/react-query';
import { drillDownUsage, getBilling, getCap, getCost, getCredits, getInvoice, getInvoiceLine, listInvoices, listPlans, previewInvoice, whatIf } from '@waybill/contracts';
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

/** One queue, exchange or namespace within a line of usage. */
export interface SharePlace {
  /** `2026-11` */
  readonly period: string;
  readonly dimension: string;
  readonly namespace: string;
  readonly resource: string;
}

/** What narrows a share further: its days, the hours of a day, the messages of an hour. */
export type ShareMoment = { readonly day?: string; readonly hour?: string };

export const shareQuery = ({ period, ...place }: SharePlace, moment: ShareMoment) =>
  infiniteQueryOptions({
    queryKey: [room, 'share', period, place, moment],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      callOperation(drillDownUsage, { query: { ...daysOf(period), ...place, ...moment, ...(pageParam === undefined ? {} : { after: pageParam }) }, signal }),
    getNextPageParam: (last) => last.next ?? undefined,
  });

function daysOf(period: string): { from: string; to: string } {
  const [year = 0, month = 1] = period.split('-').map(Number);
  return { from: `${period}-01`, to: new Date(Date.UTC(year, month)).toISOString().slice(0, 10) };
}

/** After a change of plan, cap or credit: figures stand on several cards. */
export function useRefreshBilling(): () => Promise<void> {
  const queryClient = useQueryClient();
  return () => queryClient.invalidateQueries({ queryKey: [room] });
}
