import { Stack, Text, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { drillDownUsage, Reply } from '@waybill/contracts';
import { AwaitQuery } from '../elements/await-query.js';
import { RecordTable, type Column } from '../elements/record-table.js';
import { ShowMore } from '../elements/show-more.js';
import { count, inUnits, unitWords } from '../words/figures.js';
import { shareQuery, type ShareMoment, type SharePlace } from './queries.js';

export type ShareItem = Reply<typeof drillDownUsage>['items'][number];

interface ShareLevelProps {
  readonly title: string;
  readonly place: SharePlace;
  readonly moment: ShareMoment;
  readonly unit: string;
  /** Before the quantity. */
  readonly columns: readonly Column<ShareItem>[];
}

/** One level under a line, with the sum of all of it. */
export function ShareLevel({ title, place, moment, unit, columns }: ShareLevelProps) {
  const level = useInfiniteQuery(shareQuery(place, moment));
  const [label = title] = title.split(' ');
  return (
    <Stack gap="sm" component="section" aria-label={label}>
      <Title order={2}>{title}</Title>
      <AwaitQuery query={level} rows={4}>
        {({ pages }) => (
          <>
            <Text size="sm" c="dimmed" className="figure">{inUnits(pages[0]?.total ?? '0', unit)} in all.</Text>
            <RecordTable label={label} columns={[...columns, { header: unitWords(unit), right: true, wide: true, cell: ({ quantity }) => count(quantity) }]} rows={pages.flatMap(({ items }) => items)} rowKey={({ id, cause }) => `${id} ${cause ?? ''}`} />
            <ShowMore query={level} />
          </>
        )}
      </AwaitQuery>
    </Stack>
  );
}
