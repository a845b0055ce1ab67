import { Alert, Button, Group, Modal, NumberInput, Progress, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { cancelResend, getResend, resendFailed, type ResendTask } from '@waybill/contracts';
import { useEffect, useState } from 'react';
import { momentAt } from '../attempts/attempt-filter.js';
import { callOperation } from '../api/control-plane.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { FormFoot } from '../elements/form-foot.js';
import { count, plural } from '../words/figures.js';
import { serverNowMs } from '../words/server-time.js';
import { dayMs, hourMs } from '../words/time.js';
import { useRefreshSubscriptions } from './queries.js';

const since = [
  { value: String(hourMs), label: 'in the last hour' },
  { value: String(dayMs), label: 'in the last 24 hours' },
  { value: String(7 * dayMs), label: 'in the last 7 days' },
  { value: String(30 * dayMs), label: 'in the last 30 days' },
  { value: 'own', label: 'since a moment …' },
];

interface ResendFailedProps {
  readonly namespace: string;
  readonly subscription: string;
}

/** The form that starts it. */
export function ResendFailedDialog({ opened, onClose, ...rest }: ResendFailedProps & { readonly opened: boolean; readonly onClose: () => void; readonly onStarted: (started: Resending) => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Send failed messages again">
      <ResendForm onClose={onClose} {...rest} />
    </Modal>
  );
}

export interface Resending {
  readonly task: string;
  /** Dead letters when it began. */
  readonly dead: number;
  /** What waited for its next attempt and is due now. */
  readonly retries: number;
}

function ResendForm({ namespace, subscription, onClose, onStarted }: ResendFailedProps & { readonly onClose: () => void; readonly onStarted: (started: Resending) => void }) {
  const queryClient = useQueryClient();
  const [span, setSpan] = useState(String(dayMs));
  const [wall, setWall] = useState('');
  const [rate, setRate] = useState<number | string>('');
  const own = momentAt(wall);
  // To the minute, so that the count is asked for once and not at every stroke.
  const [openedAtMs] = useState(() => Math.floor(serverNowMs() / 60_000) * 60_000);
  const from = span === 'own' ? own : new Date(openedAtMs - Number(span)).toISOString();
  const failed = useQuery({
    queryKey: ['failed-since', namespace, subscription, from],
    queryFn: async ({ signal }) => {
      const answer = await callOperation(resendFailed, { params: { namespace, subscription }, body: { since: from ?? '', dryRun: true }, signal });
      return 'dryRun' in answer ? answer : null;
    },
    enabled: from !== undefined, gcTime: 0,
  });
  const start = useMutation({
    mutationFn: (since: string) => callOperation(resendFailed, { params: { namespace, subscription }, body: { since, ...(rate === '' ? {} : { ratePerSecond: Number(rate) }) } }),
    onSuccess: (task) => {
      if ('dryRun' in task) return;
      queryClient.setQueryData(['resend', namespace, task.id], task);
      onStarted({ task: task.id, dead: failed.data?.dead ?? 0, retries: task.retries });
      onClose();
    },
  });
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (from !== undefined) start.mutate(from);
      }}
    >
      <Stack gap="md">
        <Text size="sm">Dead letters go back to the queue, and what waits for its next attempt is due now; ids stay. What was delivered is settled: no body of it is left to send.</Text>
        <Select label="Everything that failed" data={since} value={span} onChange={(value) => setSpan(value ?? span)} />
        {span === 'own' ? <TextInput type="datetime-local" label="Since" value={wall} onChange={(event) => setWall(event.currentTarget.value)} error={wall !== '' && own === undefined ? 'Choose a date and a time.' : null} /> : null}
        {failed.data ? (
          <Text size="sm" role="status">{failed.data.dead + failed.data.retries === 0 ? 'Nothing failed since then that is still here.' : `${plural(failed.data.dead, 'dead letter')} and ${plural(failed.data.retries, 'message')} waiting for the next attempt${failed.data.complete ? '' : ', and more'}.`}</Text>
        ) : failed.error === null ? null : <FailureAlert error={failed.error} />}
        <NumberInput label="Messages per second" description="So that the destination can keep up." placeholder="no limit" min={0.1} max={100_000} hideControls value={rate} onChange={setRate} />
        <FormFoot failure={start.error} pending={start.isPending} submit="Send again" onCancel={onClose} />
      </Stack>
    </form>
  );
}

const ends: Readonly<Record<Exclude<ResendTask['state'], 'running'>, string>> = { done: 'Everything is sent again', cancelled: 'Stopped. What was sent again stays sent', failed: 'It could not be finished' };

/** How far it is, and a way to stop it. */
export function ResendProgress({ namespace, subscription, task: id, dead, retries }: Resending & { readonly namespace: string; readonly subscription: string }) {
  const refresh = useRefreshSubscriptions(namespace);
  const queryClient = useQueryClient();
  const params = { namespace, subscription, task: id };
  const queryKey = ['resend', namespace, id];
  const task = useQuery({
    queryKey,
    queryFn: ({ signal }) => callOperation(getResend, { params, signal }),
    refetchInterval: ({ state }) => (state.data === undefined || state.data.state === 'running' ? 700 : false),
  });
  const cancel = useMutation({ mutationFn: () => callOperation(cancelResend, { params }), onSuccess: (ended) => queryClient.setQueryData(queryKey, ended) });
  const state = task.data?.state;
  useEffect(() => {
    if (state !== undefined && state !== 'running') void refresh();
    // Once per end of the task.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [state]);
  if (task.error !== null && task.data === undefined) return <FailureAlert error={task.error} />;
  if (task.data === undefined) return null;
  const { done, refused, problem } = task.data;
  const running = task.data.state === 'running';
  const total = Math.max(dead, done + refused);
  return (
    <Alert role="status" color={task.data.state === 'failed' ? 'red' : 'petrol'} title={running ? 'Sending again …' : `${ends[task.data.state as 'done']}.`}>
      <Stack gap={6}>
        <Progress value={running ? (total === 0 ? 0 : (done / total) * 100) : 100} animated={running} aria-label="Messages sent again" />
        <Group justify="space-between">
          <Text size="sm" className="figure">{count(done)} {done === 1 ? 'dead letter' : 'dead letters'} sent again{retries > 0 ? `, ${plural(retries, 'retry', 'retries')} due now` : ''}{refused > 0 ? `, ${count(refused)} not taken` : ''}{problem === null ? '' : `. ${problem}`}</Text>
          {running ? <Button size="compact-sm" variant="default" loading={cancel.isPending} onClick={() => cancel.mutate()}>Stop</Button> : null}
        </Group>
        {cancel.error === null ? null : <FailureAlert error={cancel.error} />}
      </Stack>
    </Alert>
  );
}
