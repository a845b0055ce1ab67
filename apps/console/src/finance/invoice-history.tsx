import { Stack, Text, Title } from '@mantine/core';
import { RecordTable } from '../elements/record-table.js';
import { dateTime } from '../words/time.js';
import { Actor, Doer } from './actor.js';
import { eventDetails } from './details.js';
import type { FinanceInvoice } from './invoice-page.js';

const columns = [
  { header: 'When', cell: ({ at }: Entry) => dateTime(at) },
  { header: 'What', wide: true, cell: ({ action }: Entry) => action },
  { header: 'Who', wide: true, cell: (entry: Entry) => <Doer of={entry} /> },
  { header: 'Approved by', wide: true, cell: ({ approvedBy }: Entry) => <Actor of={approvedBy} /> },
  { header: 'Details', wide: true, cell: (entry: Entry) => <span className="name">{eventDetails(entry)}</span> },
];
type Entry = FinanceInvoice['history'][number];

/** What was done to an invoice, by whom. */
export function InvoiceHistory({ history }: { history: FinanceInvoice['history'] }) {
  return (
    <Stack gap="sm" component="section" aria-label="History">
      <Title order={2}>History</Title>
      {history.length === 0 ? <Text size="sm" c="dimmed">Nothing has been done to it yet.</Text> : <RecordTable label="History" columns={columns} rows={history} rowKey={({ at, action, actor }) => `${at} ${action} ${actor.id}`} />}
    </Stack>
  );
}
