import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import {
  enablePortalSubscription, getPortalHealth, listPortalAttempts, listPortalSubscriptions, pausePortalSubscription, resendPortalAttempt, resumePortalSubscription,
} from '@waybill/contracts';
import { attemptsPerPage, type AttemptCalls } from '../attempts/attempt-calls.js';
import { notice } from '../elements/notice.js';
import type { PortalDoor } from './portal-door.js';

export const useEndpoints = (door: PortalDoor) =>
  useQuery({ queryKey: ['endpoints'], queryFn: ({ signal }) => door.call(listPortalSubscriptions, { signal }), refetchInterval: 15_000 });

export const useEndpointHealth = (door: PortalDoor, subscription: string) =>
  useQuery({ queryKey: ['endpoint-health', subscription], queryFn: ({ signal }) => door.call(getPortalHealth, { params: { subscription }, signal }), refetchInterval: 10_000 });

/** After a change of an endpoint, or of what it did. */
export function useRefreshEndpoints(): () => Promise<void> {
  const queryClient = useQueryClient();
  return async () => {
    await Promise.all(['endpoints', 'endpoint-health', 'endpoint-secrets', 'endpoint-attempts'].map((room) => queryClient.invalidateQueries({ queryKey: [room] })));
  };
}

const changes = { pause: pausePortalSubscription, resume: resumePortalSubscription, enable: enablePortalSubscription } as const;
const done = { pause: 'Paused. Nothing is lost meanwhile.', resume: 'Resumed. What waited is delivered now.', enable: 'Enabled. What waited is delivered in its order.' } as const;

export function useEndpointState(door: PortalDoor, subscription: string) {
  const refresh = useRefreshEndpoints();
  return useMutation({
    mutationFn: async (change: keyof typeof changes) => {
      await door.call(changes[change], { params: { subscription } });
      await refresh();
    },
    onSuccess: (_done, change) => notice(done[change]),
  });
}

export function endpointAttempts(door: PortalDoor, subscription: string): AttemptCalls {
  return {
    key: ['endpoint-attempts', subscription],
    list: (filter, after, signal) => door.call(listPortalAttempts, { params: { subscription }, query: { limit: attemptsPerPage.amongOthers, ...filter, ...(after === undefined ? {} : { after }) }, signal }),
    resend: ({ id }) => door.call(resendPortalAttempt, { params: { subscription, attempt: id } }),
  };
}
