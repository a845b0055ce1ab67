import { Badge, Drawer, Group, Paper, Stack, Text, UnstyledButton } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery, type InfiniteData } from '@tanstack/react-query';
import type { Attempt } from '@waybill/contracts';
import { useState, type ReactNode } from 'react';
import { AwaitQuery } from '../elements/await-query.js';
import { RecordTable, type Column } from '../elements/record-table.js';
import { ShowMore } from '../elements/show-more.js';
import { callTime, exactTime } from '../words/time.js';
import type { AttemptCalls } from './attempt-calls.js';
import { AttemptDetail } from './attempt-detail.js';
import { isFiltered, type AttemptFilter } from './attempt-filter.js';
import { AttemptFilters } from './attempt-filters.js';
import { answerLine, outcomeTone } from './outcome-words.js';

interface AttemptListProps {
  readonly calls: AttemptCalls;
  readonly filter: AttemptFilter;
  readonly onFilter: (filter: AttemptFilter) => void;
  /** Columns after the time: which subscription, where several are listed. */
  readonly more?: readonly Column<Attempt>[];
  readonly links?: (attempt: Attempt) => ReactNode;
  /** Said where nothing was ever attempted. */
  readonly none: string;
}

type Page = Awaited<ReturnType<AttemptCalls['list']>>;

/** Attempts, newest first, with filters; a row opens into everything that is known about it. */
export function AttemptList({ calls, filter, onFilter, more = [], links, none }: AttemptListProps) {
  const [opened, setOpened] = useState<Attempt | null>(null);
  const [shown, setShown] = useState(false);
  const attempts = useInfiniteQuery({
    queryKey: [...calls.key, filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }): Promise<Page> => calls.list(filter, pageParam, signal),
    getNextPageParam: (last: Page) => last.next ?? undefined,
    select: (data: InfiniteData<Page, string | undefined>) => data.pages.flatMap((page) => page.items),
    placeholderData: keepPreviousData,
    refetchInterval: 5_000,
  });
  const open = (attempt: Attempt) => {
    setOpened(attempt);
    setShown(true);
  };
  const columns: readonly Column<Attempt>[] = [
    {
      header: 'Time', wide: true,
      cell: (attempt) => (
        <UnstyledButton className="row-opener" onClick={() => open(attempt)} aria-label={`Open the attempt of ${exactTime(attempt.at)}, ${outcomeTone[attempt.outcome].label.toLowerCase()}`}>
          {exactTime(attempt.at)}
        </UnstyledButton>
      ),
    },
    ...more,
    { header: 'Outcome', wide: true, cell: ({ outcome }) => <Badge component="span" color={outcomeTone[outcome].color}>{outcomeTone[outcome].label}</Badge> },
    { header: 'Answer', wide: true, cell: (attempt) => attempt.status ?? answerLine(attempt) },
    { header: 'Took', right: true, cell: ({ durationMs }) => callTime(durationMs) },
    { header: 'Attempt', right: true, cell: ({ attempt }) => attempt },
    { header: 'Message', line: true, cell: ({ message }) => <span className="name">{message}</span> },
  ];
  return (
    <Stack gap="md">
      <AttemptFilters filter={filter} onChange={onFilter} />
      <AwaitQuery query={attempts} rows={4}>
        {(items) =>
          items.length === 0 ? (
            <Paper p="lg"><Text size="sm" c="dimmed" ta="center">{isFiltered(filter) ? 'No attempt fits these filters.' : none}</Text></Paper>
          ) : (
            <Stack gap="md" style={attempts.isPlaceholderData ? { opacity: 0.55 } : {}} aria-busy={attempts.isPlaceholderData}>
              <RecordTable label="Attempts" columns={columns} rows={items} rowKey={({ id }) => id} />
              <ShowMore query={attempts} />
            </Stack>
          )
        }
      </AwaitQuery>
      <Drawer
        opened={shown} onClose={() => setShown(false)} position="right" size="md" closeButtonProps={{ 'aria-label': 'Close attempt' }}
        title={<Group gap={6}><Text span fw={650}>Attempt</Text></Group>}
      >
        {opened === null ? null : <AttemptDetail key={opened.id} attempt={opened} calls={calls} links={links?.(opened)} />}
      </Drawer>
    </Stack>
  );
}
