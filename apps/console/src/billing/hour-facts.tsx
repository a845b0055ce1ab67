import { Alert, Stack, Text, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { AwaitQuery } from '../elements/await-query.js';
import { RecordTable } from '../elements/record-table.js';
import { ShowMore } from '../elements/show-more.js';
import { count, inUnits, unitWords } from '../words/figures.js';
import { factColumns, factsOf } from './fact-columns.js';
import { HourEvidence } from './hour-evidence.js';
import { shareQuery, type SharePlace } from './queries.js';

interface HourFactsProps {
  readonly place: SharePlace;
  readonly hour: string;
  readonly unit: string;
}

const endWords = {
  not_by_message: { title: 'Nothing is kept of it', text: 'This is counted for you to look at and never billed, so nothing is kept of its units.' },
  log_off: { title: 'No message log', text: 'The message log of the namespace was off in this hour. The digest of the hour, once it is sealed, is what was kept.' },
  log_expired: { title: 'Not kept any more', text: 'The hour is older than what it was counted from is kept.' },
  not_kept: { title: 'From before it was kept', text: 'What this is counted from is kept since a later version. The hour is in the ledger, and cannot be counted again.' },
} as const;

/** What the units of an hour stand for: messages without their bodies, attempts, lifetimes or a sample; or why there is nothing, and what was kept. */
export function HourFacts({ place, hour, unit }: HourFactsProps) {
  const facts = useInfiniteQuery(shareQuery(place, { hour }));
  const { title, columns, note } = factsOf(place.dimension);
  return (
    <Stack gap="sm" component="section" aria-label={title}>
      <Title order={2}>{title} of {hour.slice(11, 16)}</Title>
      <AwaitQuery query={facts} rows={5}>
        {({ pages }) => {
          const [first] = pages;
          if (first === undefined) return null;
          const rows = pages.flatMap(({ items }) => items);
          const ends = first.endsAtHour === null ? null : endWords[first.endsAtHour];
          return (
            <Stack gap="sm">
              {ends === null ? <Text size="sm" c="dimmed" className="figure">{inUnits(first.total ?? '0', unit)} in all. {note}</Text> : <Alert color="gray" title={ends.title}>{ends.text}{first.endsAtHour === 'log_expired' && first.evidence !== null ? ' Below is what it was counted to when it was sealed.' : ''}</Alert>}
              {rows.length === 0 ? null : (
                <RecordTable
                  label={title} columns={[...factColumns[columns], { header: unitWords(unit), right: true, wide: true, cell: ({ quantity }) => count(quantity) }]} rows={rows}
                  rowKey={({ id, cause, attempt, delivery }) => `${id} ${cause ?? ''} ${attempt?.at ?? delivery?.at ?? ''}`}
                />
              )}
              <ShowMore query={facts} />
              {first.evidence === null ? null : <HourEvidence evidence={first.evidence} dimension={place.dimension} unit={unit} />}
            </Stack>
          );
        }}
      </AwaitQuery>
    </Stack>
  );
}
