import { Alert, Stack, Text, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { AwaitQuery } from '../elements/await-query.js';
import { RecordTable, type Column } from '../elements/record-table.js';
import { ShowMore } from '../elements/show-more.js';
import { count, inUnits, unitWords } from '../words/figures.js';
import { dateTime } from '../words/time.js';
import { HourEvidence } from './hour-evidence.js';
import { shareQuery, type SharePlace } from './queries.js';
import type { ShareItem } from './share-level.js';

interface HourMessagesProps {
  readonly place: SharePlace;
  readonly hour: string;
  readonly unit: string;
}

const endWords = {
  not_by_message: { title: 'Not counted by the message', text: 'This is counted by time or by attempt, so there is no message behind a unit.' },
  log_off: { title: 'No message log', text: 'The message log of the namespace was off in this hour. The digest of the hour, once it is sealed, is what was kept.' },
  log_expired: { title: 'The message log is gone', text: 'The hour is older than the log is kept. The digest below is what remains of it.' },
} as const;

const columns: readonly Column<ShareItem>[] = [
  { header: 'Message', cell: ({ id }) => <span className="name">{id}</span> },
  { header: 'When', wide: true, cell: ({ message }) => (message === undefined ? '–' : dateTime(message.at)) },
  { header: 'Key', wide: true, cell: ({ message }) => <span className="name">{message?.key || '–'}</span> },
  { header: 'Way', wide: true, cell: ({ message }) => <span className="name">{[...(message?.exchanges ?? []), message?.queues.join(', ') || 'no queue'].join(' → ')}</span> },
  { header: 'By', wide: true, cell: ({ message }) => <span className="name">{message?.publishedBy ?? '–'}</span> },
  { header: 'Bytes', right: true, wide: true, cell: ({ message }) => (message === undefined || message.bytes === null ? '–' : count(message.bytes)) },
];

/** The messages of an hour, without their bodies; or why there are none, and what was kept. */
export function HourMessages({ place, hour, unit }: HourMessagesProps) {
  const messages = useInfiniteQuery(shareQuery(place, { hour }));
  return (
    <Stack gap="sm" component="section" aria-label="Messages">
      <Title order={2}>Messages of {hour.slice(11, 16)}</Title>
      <AwaitQuery query={messages} rows={5}>
        {({ pages }) => {
          const [first] = pages;
          if (first === undefined) return null;
          const rows = pages.flatMap(({ items }) => items);
          const ends = first.endsAtHour === null ? null : endWords[first.endsAtHour];
          return (
            <Stack gap="sm">
              {ends === null ? <Text size="sm" c="dimmed" className="figure">{inUnits(first.total ?? '0', unit)} in all. Bodies are not shown here.</Text> : <Alert color="gray" title={ends.title}>{ends.text}</Alert>}
              {rows.length === 0 ? null : (
                <RecordTable label="Messages" columns={[...columns, { header: unitWords(unit), right: true, wide: true, cell: ({ quantity }) => count(quantity) }]} rows={rows} rowKey={({ id, cause }) => `${id} ${cause ?? ''}`} />
              )}
              <ShowMore query={messages} />
              {first.evidence === null ? null : <HourEvidence evidence={first.evidence} />}
            </Stack>
          );
        }}
      </AwaitQuery>
    </Stack>
  );
}
