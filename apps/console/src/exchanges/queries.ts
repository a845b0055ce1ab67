import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { getExchange, listBindings, listExchanges } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';

export const exchangesQuery = (namespace: string) =>
  infiniteQueryOptions({
    queryKey: ['exchanges', namespace],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      callOperation(listExchanges, { params: { namespace }, query: { limit: 500, ...(pageParam === undefined ? {} : { after: pageParam }) }, signal }),
    getNextPageParam: (last) => last.next ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
  });

export const exchangeQuery = (namespace: string, exchange: string) =>
  queryOptions({
    queryKey: ['exchange', namespace, exchange],
    queryFn: ({ signal }) => callOperation(getExchange, { params: { namespace, exchange }, signal }),
  });

export const bindingsFromExchangeQuery = (namespace: string, exchange: string) =>
  infiniteQueryOptions({
    queryKey: ['bindings', namespace, { exchange }],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      callOperation(listBindings, { params: { namespace }, query: { exchange, limit: 200, ...(pageParam === undefined ? {} : { after: pageParam }) }, signal }),
    getNextPageParam: (last) => last.next ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
  });
