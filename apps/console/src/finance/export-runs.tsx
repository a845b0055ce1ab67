import { Badge, Text } from '@mantine/core';
import { RecordTable, type Column } from '../elements/record-table.js';
import { serverNowMs } from '../words/server-time.js';
import { ago, dateTime } from '../words/time.js';
import type { ExportRunView } from './export-draft.js';

const states: Readonly<Record<ExportRunView['state'], { label: string; color: string }>> = {
  waiting: { label: 'Waiting', color: 'yellow' }, running: { label: 'Under way', color: 'blue' }, done: { label: 'Sent', color: 'petrol' }, failed: { label: 'Failed', color: 'red' },
};

const columns: Column<ExportRunView>[] = [
  { header: 'Of', cell: ({ due }) => due },
  { header: 'State', wide: true, cell: ({ state }) => <Badge variant="light" miw="max-content" color={states[state].color}>{states[state].label}</Badge> },
  { header: 'Attempts', right: true, wide: true, cell: ({ attempts }) => attempts },
  { header: 'Ended', wide: true, cell: ({ finishedAt }) => (finishedAt === null ? '–' : ago(finishedAt, serverNowMs())) },
  { header: 'Bytes', right: true, wide: true, cell: ({ bytes }) => (bytes === null ? '–' : bytes.toLocaleString('en')) },
  {
    header: 'File', line: true,
    cell: ({ objectKey, sha256, error, state, nextAttemptAt }) => (
      <div className="cause" style={{ overflowWrap: 'anywhere' }}>
        {objectKey ?? null}
        {sha256 === null ? null : <Text size="xs" c="dimmed" title={`SHA-256 ${sha256}`}>SHA-256 {sha256.slice(0, 16)}…</Text>}
        {error === null ? null : <Text size="sm">{error}{state === 'waiting' && nextAttemptAt !== null ? ` Next attempt ${dateTime(nextAttemptAt)}.` : ''}</Text>}
      </div>
    ),
  },
];

/** The last runs of one export. */
export function ExportRuns({ name, runs }: { name: string; runs: readonly ExportRunView[] }) {
  if (runs.length === 0) return <Text size="sm" c="dimmed">Nothing has been sent yet.</Text>;
  return <RecordTable label={`Runs of ${name}`} columns={columns} rows={runs} rowKey={({ due }) => due} />;
}
