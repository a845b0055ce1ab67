import { queryOptions } from '@tanstack/react-query';
import { getUsage } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';
import { serverNowMs } from '../words/server-time.js';
import { startOfDayUtc } from '../words/time.js';

/** @param days today counts as one; 7 is today and the six days before it */
export const usageQuery = (namespace: string, days: number) =>
  queryOptions({
    queryKey: ['usage', namespace, days],
    queryFn: ({ signal }) =>
      callOperation(getUsage, { params: { namespace }, query: { from: startOfDayUtc(serverNowMs(), days - 1).toISOString() }, signal }),
    refetchInterval: 10_000,
    staleTime: 5_000,
  });
