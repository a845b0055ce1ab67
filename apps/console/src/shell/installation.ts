import { queryOptions } from '@tanstack/react-query';
import { getInstallation } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';
import { tellServerTime } from '../words/server-time.js';

const demonstrationLookMs = 10_000;

/** Asked before the first page, so that months and ages are the server's from the start; again and again where the clock is moved by hand. */
export const installationQuery = queryOptions({
  queryKey: ['installation'],
  queryFn: async ({ signal }) => {
    const askedAtMs = Date.now();
    const installation = await callOperation(getInstallation, { signal });
    tellServerTime(installation.now, askedAtMs, Date.now());
    return installation;
  },
  staleTime: Infinity,
  refetchInterval: ({ state }) => (state.data?.demonstration === true ? demonstrationLookMs : false),
});
