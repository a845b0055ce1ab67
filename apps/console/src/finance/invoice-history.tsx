import { Stack, Text, Title } from '@mantine/core';
import { RecordTable } from '../elements/record-table.js';
import { dateTime } from '../words/time.js';
import { Doer } from './actor.js';
import { EventDetails } from './event-details.js';
import { actionWords, eventFacts } from './history-words.js';
import type { FinanceInvoice } from './invoice-page.js';

const columnsIn = (currency: string) => [
  { header: 'When', cell: ({ at }: Entry) => dateTime(at) },
  { header: 'What', wide: true, cell: ({ action }: Entry) => actionWords(action) },
  { header: 'Who', line: true, cell: (entry: Entry) => <Doer of={entry} /> },
  { header: 'Details', line: true, cell: (entry: Entry) => <EventDetails facts={eventFacts(entry, currency)} /> },
];
type Entry = FinanceInvoice['history'][number];

/** What was done to an invoice, by whom. */
export function InvoiceHistory({ invoice: { history, currency } }: { invoice: Pick<FinanceInvoice, 'history' | 'currency'> }) {
  return (
    <Stack gap="sm" component="section" aria-label="History">
      <Title order={2}>History</Title>
      {history.length === 0 ? <Text size="sm" c="dimmed">Nothing has been done to it yet.</Text> : <RecordTable label="History" columns={columnsIn(currency)} rows={history} rowKey={({ at, action, actor }) => `${at} ${action} ${actor.id}`} />}
    </Stack>
  );
}
