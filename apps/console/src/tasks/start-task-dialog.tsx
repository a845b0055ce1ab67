import { Alert, Button, Group, Modal, NumberInput, SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { move, purge, redrive, type Task } from '@waybill/contracts';
import { useState } from 'react';
import { gatewayOf } from '../api/gateway.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { notice } from '../elements/notice.js';
import { placeProblem } from '../elements/place-problem.js';
import { queuesQuery } from '../queues/queries.js';
import { TargetField } from '../targets/target-field.js';
import { targetOf } from '../targets/target.js';
import { count, plural } from '../words/figures.js';
import { useRefreshTasks } from './queries.js';
import { filterOf, newTaskDraft, paceOf, sources, taskRules, withTaskKind, type TaskDraft } from './task-draft.js';
import { fromWords, kindWords } from './task-words.js';

interface StartTaskProps {
  readonly namespace: string;
  /** Chosen already, as on the page of a queue. */
  readonly queue?: string;
  readonly kind?: Task['kind'];
  readonly onClose: () => void;
  readonly onStarted?: () => void;
}

export function StartTaskDialog({ opened, ...rest }: StartTaskProps & { readonly opened: boolean }) {
  return (
    <Modal opened={opened} onClose={rest.onClose} title="Start a task" size="lg">
      <StartTaskForm {...rest} />
    </Modal>
  );
}

type Counted = { readonly matched: number; readonly scanned: number; readonly complete: boolean };

/** The same call for the count and for the work: what is counted is what is done. */
function ask(namespace: string, draft: TaskDraft, dryRun: boolean) {
  const gateway = gatewayOf(namespace);
  const [params, filter, to] = [{ queue: draft.queue }, filterOf(draft), targetOf(draft.to)];
  if (draft.kind === 'purge') return gateway.call(purge, { params, body: { state: draft.from, filter, dryRun } });
  if (draft.kind === 'redrive') return gateway.call(redrive, { params, body: { filter, dryRun, ...(to === null ? {} : { to }), ...paceOf(draft) } });
  return gateway.call(move, { params, body: { state: draft.from as 'ready', filter, dryRun, to: to ?? { queue: draft.queue }, ...paceOf(draft) } });
}

function StartTaskForm({ namespace, queue = '', kind = 'redrive', onClose, onStarted }: StartTaskProps) {
  const queues = useInfiniteQuery(queuesQuery(namespace));
  const refresh = useRefreshTasks(namespace);
  const [failure, setFailure] = useState<unknown>(null);
  const [counted, setCounted] = useState<Counted | null>(null);
  const form = useForm<TaskDraft>({ initialValues: newTaskDraft(queue, kind), validate: taskRules, onValuesChange: () => setCounted(null) });
  const onError = (error: unknown) => setFailure(placeProblem(error, form, ['queue', 'to'], { queue_not_found: 'queue', exchange_not_found: 'to' }));
  const preview = useMutation({ mutationFn: (draft: TaskDraft) => ask(namespace, draft, true), onError, onSuccess: (answer) => { if ('matched' in answer) setCounted(answer); } });
  const start = useMutation({
    mutationFn: async (draft: TaskDraft) => {
      await ask(namespace, draft, false);
      await refresh();
    },
    onError,
    onSuccess: () => {
      notice('The task has started.');
      onClose();
      onStarted?.();
    },
  });
  const draft = form.values;
  const submit = (run: (draft: TaskDraft) => void) => form.onSubmit((values) => { setFailure(null); run(values); });
  return (
    <form noValidate onSubmit={submit(start.mutate)}>
      <Stack gap="md">
        <SegmentedControl aria-label="What to do" data={Object.entries(kindWords).map(([value, label]) => ({ value, label }))} value={draft.kind} onChange={(next) => form.setValues(withTaskKind(draft, next as Task['kind']))} />
        <Text size="sm" c="dimmed">{explanations[draft.kind]}</Text>
        <Select label="Queue" searchable withAsterisk placeholder="Choose a queue" nothingFoundMessage="No queue is called this" data={queue === '' ? (queues.data ?? []).map(({ name }) => name) : [queue]} disabled={queue !== ''} {...form.getInputProps('queue')} />
        {sources[draft.kind].length < 2 ? null : <Select label="Which messages" allowDeselect={false} data={sources[draft.kind].map((value) => ({ value, label: fromWords[value] }))} {...form.getInputProps('from')} />}
        {draft.kind === 'purge' ? null : <TargetField namespace={namespace} label="To" {...form.getInputProps('to')} {...(draft.kind === 'redrive' ? { withAsterisk: false, clearable: true, placeholder: 'back to the queue' } : {})} />}
        <TextInput label="Routing key" description="Exactly. Leave it empty for any." autoComplete="off" autoCapitalize="none" spellCheck={false} {...form.getInputProps('key')} />
        {draft.from === 'dead' ? <TextInput label="Reason of death" description="Exactly, as in expired or delivery_limit." autoComplete="off" autoCapitalize="none" spellCheck={false} {...form.getInputProps('reason')} /> : null}
        <TextInput label="Text in the body" autoComplete="off" spellCheck={false} {...form.getInputProps('bodyContains')} />
        {draft.kind === 'purge' ? null : <NumberInput label="Messages per second" description="So that the target can keep up." placeholder="no limit" min={0.1} max={100_000} hideControls {...form.getInputProps('rate')} />}
        {failure === null ? null : <FailureAlert error={failure} />}
        {counted === null ? null : (
          <Alert role="status" color="petrol" title={`${plural(counted.matched, 'message fits', 'messages fit')}${counted.complete ? '' : ' so far'}`}>
            {counted.complete ? `${count(counted.scanned)} looked at.` : `Only the first ${count(counted.scanned)} were looked at; the task looks at all of them.`}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button variant="default" loading={preview.isPending} onClick={() => submit(preview.mutate)()}>Count first</Button>
          <Button type="submit" loading={start.isPending} {...(draft.kind === 'purge' ? { color: 'red' } : {})}>{draft.kind === 'purge' ? 'Remove messages' : `Start ${draft.kind}`}</Button>
        </Group>
      </Stack>
    </form>
  );
}

const explanations: Readonly<Record<Task['kind'], string>> = {
  redrive: 'Sends dead letters back with their ids; their deliveries are counted from 0 again.',
  move: 'Takes messages to another queue or exchange, with their ids. Each moves in one step; what the target does not take stays.',
  purge: 'Removes the messages that fit for good. Leased messages stay with the consumers that hold them.',
};
