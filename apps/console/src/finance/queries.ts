import { infiniteQueryOptions, queryOptions, useQueryClient } from '@tanstack/react-query';
import {
  getCloseBoard, getFinanceInvoice, getFinanceOverview, getRevenue, getUnbilled, getVariance, listApprovals, listDeletions, listExportSchedules, listFinanceEvents, listFinanceInvoices, listUsageBatches, type InvoiceSummary,
} from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';

const room = 'finance';
const pageSize = 100;
const first = undefined as string | undefined;
const nextOf = (last: { next: string | null }) => last.next ?? undefined;
const from = (after: string | undefined) => ({ limit: pageSize, ...(after === undefined ? {} : { after }) });

export const overviewQuery = (period: string) =>
  queryOptions({ queryKey: [room, 'overview', period], queryFn: ({ signal }) => callOperation(getFinanceOverview, { query: { period }, signal }) });
export const revenueQuery = (period: string, by: 'tenant' | 'dimension' | 'plan') =>
  queryOptions({ queryKey: [room, 'revenue', period, by], queryFn: ({ signal }) => callOperation(getRevenue, { query: { period, by }, signal }) });
export const varianceQuery = (period: string) =>
  queryOptions({ queryKey: [room, 'variance', period], queryFn: ({ signal }) => callOperation(getVariance, { query: { period }, signal }) });
export const usageBatchesQuery = queryOptions({ queryKey: [room, 'usage-batches'], queryFn: ({ signal }) => callOperation(listUsageBatches, { signal }) });
export const deletionsQuery = queryOptions({ queryKey: [room, 'deletions'], queryFn: ({ signal }) => callOperation(listDeletions, { signal }) });
export const approvalsQuery = (state: 'open' | 'approved' | 'rejected') =>
  queryOptions({ queryKey: [room, 'approvals', state], queryFn: ({ signal }) => callOperation(listApprovals, { query: { state }, signal }) });
export const financeInvoiceQuery = (invoice: string) =>
  queryOptions({ queryKey: [room, 'invoice', invoice], queryFn: ({ signal }) => callOperation(getFinanceInvoice, { params: { invoice }, signal }) });
export const exportsQuery = queryOptions({ queryKey: [room, 'exports'], queryFn: ({ signal }) => callOperation(listExportSchedules, { signal }), refetchInterval: 10_000 });

export const unbilledQuery = infiniteQueryOptions({
  queryKey: [room, 'unbilled'], initialPageParam: first, getNextPageParam: nextOf,
  queryFn: ({ pageParam, signal }) => callOperation(getUnbilled, { query: from(pageParam), signal }),
});
export const closeBoardQuery = (period: string) =>
  infiniteQueryOptions({
    queryKey: [room, 'close-board', period], initialPageParam: first, getNextPageParam: nextOf, refetchInterval: 15_000,
    queryFn: ({ pageParam, signal }) => callOperation(getCloseBoard, { query: { period, ...from(pageParam) }, signal }),
    select: (data) => ({ rows: data.pages.flatMap((page) => page.items), totals: data.pages[0]?.totals ?? [] }),
  });
export const eventsQuery = infiniteQueryOptions({
  queryKey: [room, 'events'], initialPageParam: first, getNextPageParam: nextOf,
  queryFn: ({ pageParam, signal }) => callOperation(listFinanceEvents, { query: from(pageParam), signal }),
  select: (data) => data.pages.flatMap((page) => page.items),
});

export interface InvoiceFilter {
  readonly period?: string;
  readonly state?: InvoiceSummary['state'];
  readonly disputed?: 'true';
}

export const financeInvoicesQuery = (filter: InvoiceFilter) =>
  infiniteQueryOptions({
    queryKey: [room, 'invoices', filter], initialPageParam: first, getNextPageParam: nextOf,
    queryFn: ({ pageParam, signal }) => callOperation(listFinanceInvoices, { query: { ...filter, ...from(pageParam) }, signal }),
  });

/** After any action: figures, boards and histories all follow from it. */
export function useRefreshFinance(): () => Promise<void> {
  const queryClient = useQueryClient();
  return () => queryClient.invalidateQueries({ queryKey: [room] });
}
