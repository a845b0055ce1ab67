import { Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { listFinanceEvents, Reply } from '@waybill/contracts';
import { AwaitQuery } from '../elements/await-query.js';
import { PageTitle } from '../elements/page-title.js';
import { RecordTable, type Column } from '../elements/record-table.js';
import { ShowMore } from '../elements/show-more.js';
import { dateTime } from '../words/time.js';
import { Doer } from './actor.js';
import { EventDetails } from './event-details.js';
import { actionWords, eventFacts } from './history-words.js';
import { eventsQuery } from './queries.js';

type Event = Reply<typeof listFinanceEvents>['items'][number];

const columns: Column<Event>[] = [
  { header: 'When', cell: ({ at }) => dateTime(at) },
  { header: 'What', wide: true, cell: ({ action }) => actionWords(action) },
  { header: 'Tenant', wide: true, cell: ({ tenant }) => <div className="words">{tenant}</div> },
  { header: 'Who', line: true, cell: (event) => <Doer of={event} /> },
  { header: 'Details', line: true, cell: (event) => <EventDetails facts={eventFacts(event, event.currency)} /> },
];

/** Who did and approved what; nothing in it can be changed. */
export function HistoryPage() {
  const events = useInfiniteQuery(eventsQuery);
  return (
    <>
      <PageTitle title="History" description="Who did and who approved what, newest first. Nothing here can be changed." />
      <AwaitQuery query={events} rows={6}>
        {(rows) => (rows.length === 0 ? <Text size="sm" c="dimmed">Nothing has been done yet.</Text> : (
          <Stack gap="md">
            <RecordTable label="History" columns={columns} rows={rows} rowKey={({ id }) => id} />
            <ShowMore query={events} />
          </Stack>
        ))}
      </AwaitQuery>
    </>
  );
}
