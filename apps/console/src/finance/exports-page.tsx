import { Badge, Button, EmptyState, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { deleteExportSchedule, replaceExportSchedule, runExportSchedule, testExportSchedule } from '@waybill/contracts';
import { IconFileExport } from '@tabler/icons-react';
import { useState } from 'react';
import { callOperation } from '../api/control-plane.js';
import { AwaitQuery } from '../elements/await-query.js';
import { ConfirmDialog } from '../elements/confirm-dialog.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { notice } from '../elements/notice.js';
import { PageTitle } from '../elements/page-title.js';
import { ExportDialog } from './export-dialog.js';
import { draftOfExport, everyWords, exportBody, exportWords, targetWords, type ExportSchedule } from './export-draft.js';
import { ExportRuns } from './export-runs.js';
import { useClosingMonth } from './month-select.js';
import { exportsQuery, overviewQuery, useRefreshFinance } from './queries.js';

const acts = {
  test: async ({ id }: ExportSchedule) => `Written: ${(await callOperation(testExportSchedule, { params: { schedule: id } })).objectKey}`,
  run: async ({ id }: ExportSchedule) => `${(await callOperation(runExportSchedule, { params: { schedule: id } })).due} is sent within a minute.`,
  pause: async (schedule: ExportSchedule) => {
    await callOperation(replaceExportSchedule, { params: { schedule: schedule.id }, body: exportBody(draftOfExport(schedule), !schedule.paused) });
    return schedule.paused ? 'Resumed.' : 'Paused. No new file becomes due.';
  },
} as const;

/** Exports that are sent by the clock, and what became of the last ones. */
export function ExportsPage() {
  const exports = useQuery(exportsQuery);
  const [period] = useClosingMonth();
  const mayWrite = useQuery(overviewQuery(period)).data?.mayWrite === true;
  const [editing, setEditing] = useState<ExportSchedule | 'new' | null>(null);
  return (
    <>
      <PageTitle title="Exports" description="Files for the books, sent to a bucket or a folder by the clock." actions={<Button disabled={!mayWrite} onClick={() => setEditing('new')}>Create export</Button>} />
      <AwaitQuery query={exports} rows={4}>
        {({ items }) =>
          items.length === 0 ? (
            <Paper p="xl"><EmptyState icon={<IconFileExport size={30} />} title="No exports yet" description="The GL journal, usage by the hour or invoices, each day or after each month." /></Paper>
          ) : (
            <Stack gap="md">{items.map((schedule) => <ExportCard key={schedule.id} schedule={schedule} mayWrite={mayWrite} onEdit={() => setEditing(schedule)} />)}</Stack>
          )
        }
      </AwaitQuery>
      <ExportDialog of={editing} folderAllowed={exports.data?.folderAllowed === true} onClose={() => setEditing(null)} />
    </>
  );
}

function ExportCard({ schedule, mayWrite, onEdit }: { schedule: ExportSchedule; mayWrite: boolean; onEdit: () => void }) {
  const refresh = useRefreshFinance();
  const [asking, setAsking] = useState(false);
  const act = useMutation({
    mutationFn: (name: keyof typeof acts) => acts[name](schedule),
    onSuccess: async (said) => {
      await refresh();
      notice(said);
    },
  });
  const remove = useMutation({
    mutationFn: () => callOperation(deleteExportSchedule, { params: { schedule: schedule.id } }),
    onSuccess: async () => {
      setAsking(false);
      await refresh();
      notice('Export deleted.');
    },
  });
  const button = (name: keyof typeof acts, label: string) => (
    <Button size="compact-sm" variant="default" disabled={!mayWrite} loading={act.isPending && act.variables === name} onClick={() => act.mutate(name)} aria-label={`${label} ${schedule.name}`}>{label}</Button>
  );
  return (
    <Paper component="section" aria-label={schedule.name} p="md">
      <Stack gap="sm">
        <Group justify="space-between" gap="sm" align="flex-start">
          <div style={{ minWidth: 0 }}>
            <Group gap="xs"><Title order={2} size="h4">{schedule.name}</Title>{schedule.paused ? <Badge color="gray" variant="light">Paused</Badge> : null}</Group>
            <Text size="sm" c="dimmed">{exportWords[schedule.export]}, {everyWords[schedule.every]}</Text>
            <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>To {targetWords(schedule)}</Text>
          </div>
          <Group gap={4}>
            {button('test', 'Test')}
            {button('run', 'Run now')}
            {button('pause', schedule.paused ? 'Resume' : 'Pause')}
            <Button size="compact-sm" variant="default" disabled={!mayWrite} onClick={onEdit} aria-label={`Change ${schedule.name}`}>Change</Button>
            <Button size="compact-sm" variant="default" c="red" disabled={!mayWrite} onClick={() => setAsking(true)} aria-label={`Delete ${schedule.name}`}>Delete</Button>
          </Group>
        </Group>
        {act.error === null ? null : <FailureAlert error={act.error} />}
        <ExportRuns name={schedule.name} runs={schedule.runs} />
      </Stack>
      <ConfirmDialog opened={asking} onClose={() => setAsking(false)} title={`Delete ${schedule.name}`} confirmLabel="Delete export" onConfirm={() => remove.mutate()} pending={remove.isPending} error={remove.error}>
        <Text size="sm">No further file is sent, and the list of runs goes. Files that were sent stay where they are.</Text>
      </ConfirmDialog>
    </Paper>
  );
}
