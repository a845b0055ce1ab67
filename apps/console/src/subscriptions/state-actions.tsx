import { Alert, Button, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { enableSubscription, pauseSubscription, resumeSubscription, type Subscription } from '@waybill/contracts';
import { IconPlayerPause, IconPlayerPlay, IconPlugConnectedX } from '@tabler/icons-react';
import { callOperation } from '../api/control-plane.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { notice } from '../elements/notice.js';
import { dateTime } from '../words/time.js';
import { useRefreshSubscriptions } from './queries.js';
import { disabledWords } from './state-words.js';

type Change = 'pause' | 'resume' | 'enable';
const operations = { pause: pauseSubscription, resume: resumeSubscription, enable: enableSubscription } as const;
const done: Readonly<Record<Change, string>> = {
  pause: 'Paused. Messages stay in the queue.',
  resume: 'Resumed. What waited is delivered now.',
  enable: 'Enabled. The backlog is delivered in its order.',
};

export function useStateChange(namespace: string, subscription: string) {
  const refresh = useRefreshSubscriptions(namespace);
  return useMutation({
    mutationFn: async (change: Change) => {
      await callOperation(operations[change], { params: { namespace, subscription } });
      await refresh();
    },
    onSuccess: (_done, change) => notice(done[change]),
  });
}

type StateChange = Pick<ReturnType<typeof useStateChange>, 'mutate' | 'isPending' | 'error'>;

/** The one change of state that makes sense now. */
export function StateButton({ state, change }: { state: Subscription['state']; change: StateChange }) {
  if (state === 'active') return <Button variant="default" leftSection={<IconPlayerPause size={16} />} loading={change.isPending} onClick={() => change.mutate('pause')}>Pause</Button>;
  const next = state === 'paused' ? 'resume' : 'enable';
  return <Button leftSection={<IconPlayerPlay size={16} />} loading={change.isPending} onClick={() => change.mutate(next)}>{next === 'resume' ? 'Resume' : 'Enable'}</Button>;
}

interface StateNoticeProps {
  readonly subscription: Pick<Subscription, 'state' | 'disabledReason'> & { readonly disabledAt?: string | null };
  readonly change: StateChange;
}

/** Why nothing is sent, where nothing is. */
export function StateNotice({ subscription: { state, disabledReason, disabledAt }, change }: StateNoticeProps) {
  return (
    <>
      {change.error === null ? null : <FailureAlert error={change.error} />}
      {state === 'paused' ? (
        <Alert color="gray" icon={<IconPlayerPause size={18} />} title="Paused">The destination is not called. Messages stay in the queue and are delivered in their order when it is resumed.</Alert>
      ) : null}
      {state === 'disabled' ? (
        <Alert color="red" icon={<IconPlugConnectedX size={18} />} title={`Disabled${disabledAt ? ` on ${dateTime(disabledAt)}` : ''}`}>
          <Stack gap={4}>
            <Text size="sm">{disabledWords(disabledReason)} No message is lost: they stay in the queue.</Text>
            <Text size="sm">Correct the destination, send a test event, then enable it.</Text>
          </Stack>
        </Alert>
      ) : null}
    </>
  );
}
