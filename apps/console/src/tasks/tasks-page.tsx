import { Badge, Button, EmptyState, Paper, Progress, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { cancelTask, type Task } from '@waybill/contracts';
import { IconPlayerPlay, IconTransfer } from '@tabler/icons-react';
import { useState } from 'react';
import { useNamespaceId } from '../account/account.js';
import { gatewayOf } from '../api/gateway.js';
import { AwaitQuery } from '../elements/await-query.js';
import { ConfirmDialog } from '../elements/confirm-dialog.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { TextLink } from '../elements/links.js';
import { notice } from '../elements/notice.js';
import { PageTitle } from '../elements/page-title.js';
import { RecordTable, type Column } from '../elements/record-table.js';
import { ShowMore } from '../elements/show-more.js';
import { useLiveFigures } from '../figures/live.js';
import { TargetWords } from '../targets/target-words.js';
import { count, perSecond, plural } from '../words/figures.js';
import { serverNowMs } from '../words/server-time.js';
import { ago, callTime } from '../words/time.js';
import { tasksQuery, useRefreshTasks } from './queries.js';
import { StartTaskDialog } from './start-task-dialog.js';
import { filterWords, fromWords, kindWords, meanRate, shareScanned, stateWords } from './task-words.js';

/** Work on many messages: what runs, how far it is, what came of it. */
export function TasksPage() {
  const namespace = useNamespaceId();
  const refresh = useRefreshTasks(namespace);
  const tasks = useInfiniteQuery(tasksQuery(namespace));
  const figures = useLiveFigures(namespace);
  const [starting, dialog] = useDisclosure(false);
  const [cancelled, setCancelled] = useState<Task | null>(null);
  const cancel = useMutation({
    mutationFn: async ({ id }: Task) => {
      const ended = await gatewayOf(namespace).call(cancelTask, { params: { task: id } });
      await refresh();
      return ended;
    },
    onSuccess: ({ state, done }) => {
      notice(state === 'cancelled' ? `Cancelled after ${plural(done, 'message')}.` : 'It had ended already.');
      setCancelled(null);
    },
  });
  const start = <Button leftSection={<IconPlayerPlay size={16} />} onClick={dialog.open}>Start a task</Button>;
  const nowMs = serverNowMs();
  const columns: Column<Task>[] = [
    {
      header: 'Task',
      cell: ({ kind, from, queue, to, filter }) => (
        <>
          <Text span inherit fw={550}>{kindWords[kind]}</Text> {fromWords[from]} of <TextLink to="/namespaces/$namespace/queues/$queue" params={{ namespace, queue }} className="name">{queue}</TextLink>
          {to === null || (kind === 'redrive' && 'queue' in to && to.queue === queue) ? null : <> to <TargetWords target={to} /></>}
          <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>{filterWords(filter) ?? 'all of them'}</Text>
        </>
      ),
    },
    {
      header: 'State', wide: true,
      cell: ({ state, problem }) => <><Badge component="span" miw="max-content" color={stateWords[state].color}>{stateWords[state].label}</Badge>{problem === null ? null : <Text component="span" size="xs" c="dimmed" display="block">{problem}</Text>}</>,
    },
    {
      header: 'Progress', line: true,
      cell: (task) => {
        const share = task.state === 'running' ? shareScanned(task, figures.data?.queues.get(task.queue)) : null;
        return (
          <Stack gap={4} miw={150} component="span">
            {share === null ? null : <Progress value={share * 100} animated aria-label={`Part of ${task.queue} looked at`} />}
            <span>{count(task.done)} done of {plural(task.matched, 'that fits', 'that fit')}{task.refused === 0 ? '' : `, ${count(task.refused)} not taken`}</span>
            <Text component="span" size="xs" c="dimmed">{count(task.scanned)} looked at</Text>
          </Stack>
        );
      },
    },
    {
      header: 'Rate', wide: true,
      cell: (task) => <>{perSecond(meanRate(task, nowMs))}/s<Text component="span" size="xs" c="dimmed" display="block">{task.ratePerSecond === null ? 'no limit' : `at most ${task.ratePerSecond}/s`}</Text></>,
    },
    {
      header: 'Started', wide: true,
      cell: ({ createdAt, endedAt }) => <>{ago(createdAt, nowMs)}{endedAt === null ? null : <Text component="span" size="xs" c="dimmed" display="block">took {callTime(Math.max(0, Date.parse(endedAt) - Date.parse(createdAt)))}</Text>}</>,
    },
  ];
  return (
    <>
      <PageTitle title="Tasks" description="Redrive, move and purge are carried out by a worker, however many messages there are. Tasks are shown for a week." actions={tasks.data?.length ? start : null} />
      <Stack gap="md">
        {tasks.data !== undefined && tasks.error !== null ? <FailureAlert tone="warning" error={tasks.error} title="What is shown may be old" /> : null}
        <AwaitQuery query={tasks}>
          {(items) =>
            items.length === 0 ? (
              <Paper p="xl">
                <EmptyState icon={<IconTransfer size={30} />} title="No tasks this week" description="Send dead letters back to their queue, move messages elsewhere, or remove the ones that fit a filter. Nothing is lost or doubled when a worker dies on the way.">
                  <EmptyState.Actions>{start}</EmptyState.Actions>
                </EmptyState>
              </Paper>
            ) : (
              <>
                <RecordTable
                  label="Tasks" columns={columns} rows={items} rowKey={({ id }) => id}
                  actions={(task) => (task.state === 'running' ? <Button size="compact-sm" variant="default" miw="max-content" c="var(--mantine-color-error)" aria-label={`Cancel the ${task.kind} of ${task.queue}`} onClick={() => setCancelled(task)}>Cancel</Button> : null)}
                />
                <ShowMore query={tasks} />
              </>
            )
          }
        </AwaitQuery>
      </Stack>
      <StartTaskDialog opened={starting} onClose={dialog.close} namespace={namespace} />
      <ConfirmDialog
        opened={cancelled !== null} title="Cancel this task?" confirmLabel="Cancel task" pending={cancel.isPending} error={cancel.error}
        onClose={() => { cancel.reset(); setCancelled(null); }} onConfirm={() => cancelled !== null && cancel.mutate(cancelled)}
      >
        <Text size="sm">What it has done stays done; the other messages stay where they are.</Text>
      </ConfirmDialog>
    </>
  );
}
