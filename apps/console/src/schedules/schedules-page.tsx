import { Badge, Button, EmptyState, Group, Menu, Modal, Paper, Stack, Text } from '@mantine/core';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { deleteSchedule, putSchedule, type Schedule } from '@waybill/contracts';
import { IconAdjustments, IconCalendarRepeat, IconDots, IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useNamespaceId } from '../account/account.js';
import { gatewayOf } from '../api/gateway.js';
import { focusHeading } from '../elements/arrival.js';
import { AwaitQuery } from '../elements/await-query.js';
import { ConfirmDialog } from '../elements/confirm-dialog.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { notice } from '../elements/notice.js';
import { PageTitle } from '../elements/page-title.js';
import { RecordTable, type Column } from '../elements/record-table.js';
import { ShowMore } from '../elements/show-more.js';
import { TargetWords } from '../targets/target-words.js';
import { dateTime } from '../words/time.js';
import { schedulesQuery, useRefreshSchedules } from './queries.js';
import { ScheduleDetails } from './schedule-details.js';
import { draftOfSchedule, scheduleBody } from './schedule-draft.js';
import { ScheduleForm } from './schedule-form.js';

type Dialog = { readonly kind: 'create' } | { readonly kind: 'edit' | 'cancel' | 'show'; readonly schedule: Schedule };

/** Messages that are published again and again. */
export function SchedulesPage() {
  const namespace = useNamespaceId();
  const refresh = useRefreshSchedules(namespace);
  const schedules = useInfiniteQuery(schedulesQuery(namespace));
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const close = () => setDialog(null);
  const of = (kind: Dialog['kind']): Schedule | null => (dialog?.kind === kind && 'schedule' in dialog ? dialog.schedule : null);
  const toggle = useMutation({
    mutationFn: async (schedule: Schedule) => {
      await gatewayOf(namespace).call(putSchedule, { params: { schedule: schedule.name }, body: scheduleBody({ ...draftOfSchedule(schedule), paused: !schedule.paused }) });
      await refresh();
    },
    onSuccess: (_done, { name, paused }) => notice(paused ? `${name} runs again.` : `${name} is paused.`),
  });
  const cancel = useMutation({
    mutationFn: async ({ name }: Schedule) => {
      await gatewayOf(namespace).call(deleteSchedule, { params: { schedule: name } });
      await refresh();
    },
    onSuccess: (_done, { name }) => {
      notice(`Schedule ${name} cancelled.`);
      close();
      focusHeading();
    },
  });
  const create = <Button leftSection={<IconPlus size={16} />} onClick={() => setDialog({ kind: 'create' })}>Create schedule</Button>;
  const columns: Column<Schedule>[] = [
    {
      header: 'Schedule',
      cell: (schedule) => <Button variant="transparent" p={0} h="auto" className="name" fw={550} aria-label={`Open ${schedule.name}`} onClick={() => setDialog({ kind: 'show', schedule })}>{schedule.name}</Button>,
    },
    { header: 'State', wide: true, cell: ({ paused }) => <Badge component="span" miw="max-content" color={paused ? 'gray' : 'petrol'}>{paused ? 'Paused' : 'Active'}</Badge> },
    { header: 'When', wide: true, cell: ({ cron, timeZone }) => <><span className="name">{cron}</span><Text component="span" size="xs" c="dimmed" display="block">{timeZone}</Text></> },
    { header: 'To', wide: true, cell: ({ to }) => <TargetWords target={to} /> },
    { header: 'Next run', wide: true, cell: ({ nextAt }) => (nextAt === null ? 'paused' : dateTime(nextAt)) },
    {
      header: 'Last run', wide: true,
      cell: ({ lastAt, lastProblem }) => <>{lastAt === null ? 'not yet' : dateTime(lastAt)}{lastProblem === null ? null : <Text component="span" size="xs" c="var(--mantine-color-error)" display="block">stored nothing: {lastProblem}</Text>}</>,
    },
  ];
  return (
    <>
      <PageTitle title="Schedules" description="A schedule publishes the same message again and again, by a cron expression and the clocks of a time zone. A run that was missed is made up once." actions={schedules.data?.length ? create : null} />
      <Stack gap="md">
        {toggle.error === null ? null : <FailureAlert error={toggle.error} />}
        <AwaitQuery query={schedules}>
          {(items) =>
            items.length === 0 ? (
              <Paper p="xl">
                <EmptyState icon={<IconCalendarRepeat size={30} />} title="No schedules yet" description="Create one to start a monthly run, a nightly clean-up, or anything that a message begins.">
                  <EmptyState.Actions>{create}</EmptyState.Actions>
                </EmptyState>
              </Paper>
            ) : (
              <>
                <RecordTable
                  label="Schedules" columns={columns} rows={items} rowKey={({ name }) => name}
                  actions={(schedule) => (
                    <Group gap={6} wrap="nowrap" justify="flex-end">
                      <Button size="compact-sm" variant="default" loading={toggle.isPending && toggle.variables.name === schedule.name} aria-label={`${schedule.paused ? 'Resume' : 'Pause'} ${schedule.name}`} onClick={() => toggle.mutate(schedule)}>{schedule.paused ? 'Resume' : 'Pause'}</Button>
                      <Menu position="bottom-end">
                        <Menu.Target><Button size="compact-sm" variant="default" px={6} aria-label={`More about ${schedule.name}`}><IconDots size={14} /></Button></Menu.Target>
                        <Menu.Dropdown>
                          <Menu.Item leftSection={<IconAdjustments size={16} />} onClick={() => setDialog({ kind: 'edit', schedule })}>Edit schedule</Menu.Item>
                          <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => setDialog({ kind: 'cancel', schedule })}>Cancel schedule</Menu.Item>
                        </Menu.Dropdown>
                      </Menu>
                    </Group>
                  )}
                />
                <ShowMore query={schedules} />
              </>
            )
          }
        </AwaitQuery>
      </Stack>
      <Modal opened={dialog?.kind === 'create' || of('edit') !== null} onClose={close} title={of('edit') === null ? 'Create schedule' : `Schedule ${of('edit')?.name}`} size="lg">
        <ScheduleForm namespace={namespace} schedule={of('edit')} onCancel={close} onSaved={({ name }) => { close(); notice(`Schedule ${name} is saved.`); }} />
      </Modal>
      <Modal opened={of('show') !== null} onClose={close} title={of('show')?.name ?? ''} size="md">
        {of('show') === null ? null : <ScheduleDetails namespace={namespace} schedule={of('show')!.name} />}
      </Modal>
      <ConfirmDialog
        opened={of('cancel') !== null} title={`Cancel schedule ${of('cancel')?.name ?? ''}?`} confirmLabel="Cancel schedule" pending={cancel.isPending} error={cancel.error}
        onClose={() => { cancel.reset(); close(); }} onConfirm={() => { const schedule = of('cancel'); if (schedule !== null) cancel.mutate(schedule); }}
      >
        <Text size="sm">It is deleted and does not run again. Messages that it published stay where they are.</Text>
      </ConfirmDialog>
    </>
  );
}
