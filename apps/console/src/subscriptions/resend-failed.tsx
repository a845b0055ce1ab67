import { Alert, Button, Group, Modal, NumberInput, Progress, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { cancelResend, getResend, resendFailed, type ResendTask } from '@waybill/contracts';
import { useEffect, useState } from 'react';
import { momentAt } from '../attempts/attempt-filter.js';
import { callOperation } from '../api/control-plane.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { FormFoot } from '../elements/form-foot.js';
import { count, plural } from '../words/figures.js';
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
  /** Dead letters there are now; undefined while it is not known. */
  readonly dead: number | undefined;
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
}

function ResendForm({ namespace, subscription, dead, onClose, onStarted }: ResendFailedProps & { readonly onClose: () => void; readonly onStarted: (started: Resending) => void }) {
  const queryClient = useQueryClient();
  const [span, setSpan] = useState(String(dayMs));
  const [wall, setWall] = useState('');
  const [rate, setRate] = useState<number | string>('');
  const own = momentAt(wall);
  const start = useMutation({
    mutationFn: (from: string) => callOperation(resendFailed, { params: { namespace, subscription }, body: { since: from, ...(rate === '' ? {} : { ratePerSecond: Number(rate) }) } }),
    onSuccess: (task) => {
      queryClient.setQueryData(['resend', namespace, task.id], task);
      onStarted({ task: task.id, dead: dead ?? 0 });
      onClose();
    },
  });
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (span !== 'own') start.mutate(new Date(Date.now() - Number(span)).toISOString());
        else if (own !== undefined) start.mutate(own);
      }}
    >
      <Stack gap="md">
        <Text size="sm">Dead letters go back to the queue with their ids and are delivered anew.{dead === undefined ? '' : dead === 0 ? ' There are none now.' : ` There ${dead === 1 ? 'is' : 'are'} ${plural(dead, 'dead letter')} now.`}</Text>
        <Select label="Everything that failed" data={since} value={span} onChange={(value) => setSpan(value ?? span)} />
        {span === 'own' ? <TextInput type="datetime-local" label="Since" value={wall} onChange={(event) => setWall(event.currentTarget.value)} error={wall !== '' && own === undefined ? 'Choose a date and a time.' : null} /> : null}
        <NumberInput label="Messages per second" description="So that the destination can keep up." placeholder="no limit" min={0.1} max={100_000} hideControls value={rate} onChange={setRate} />
        <FormFoot failure={start.error} pending={start.isPending} submit="Send again" onCancel={onClose} />
      </Stack>
    </form>
  );
}

const ends: Readonly<Record<Exclude<ResendTask['state'], 'running'>, string>> = { done: 'Everything is sent again', cancelled: 'Stopped. What was sent again stays sent', failed: 'It could not be finished' };

/** How far it is, and a way to stop it. */
export function ResendProgress({ namespace, subscription, task: id, dead }: Resending & { readonly namespace: string; readonly subscription: string }) {
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
          <Text size="sm" className="figure">{count(done)} sent again{refused > 0 ? `, ${count(refused)} not taken` : ''}{problem === null ? '' : `. ${problem}`}</Text>
          {running ? <Button size="compact-sm" variant="default" loading={cancel.isPending} onClick={() => cancel.mutate()}>Stop</Button> : null}
        </Group>
        {cancel.error === null ? null : <FailureAlert error={cancel.error} />}
      </Stack>
    </Alert>
  );
}
