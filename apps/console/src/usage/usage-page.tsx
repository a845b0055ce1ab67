import { SegmentedControl, SimpleGrid, Stack, Text } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useNamespaceId } from '../account/account.js';
import { AwaitQuery } from '../elements/await-query.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { FigureTile } from '../elements/figure-tile.js';
import { PageTitle } from '../elements/page-title.js';
import { count } from '../words/figures.js';
import { serverNowMs } from '../words/server-time.js';
import { ago, clockTime } from '../words/time.js';
import { dimensions } from './dimensions.js';
import { HourTable } from './hour-table.js';
import { usageQuery } from './queries.js';
import { ResourceTable } from './resource-table.js';
import { UsageOverTime } from './usage-over-time.js';

const ranges = [
  { value: '1', label: 'Today' },
  { value: '7', label: 'Last 7 days' },
  { value: '30', label: 'Last 30 days' },
];

export function UsagePage() {
  const namespace = useNamespaceId();
  const [range, setRange] = useState('1');
  const days = Number(range);
  const usage = useQuery({ ...usageQuery(namespace, days), placeholderData: keepPreviousData });
  return (
    <>
      <PageTitle
        title="Usage"
        description="What this namespace was metered for, from the hourly ledger. Days and hours are UTC."
        actions={<SegmentedControl aria-label="Period" data={ranges} value={range} onChange={setRange} />}
      />
      <AwaitQuery query={usage} rows={6}>
        {({ totals, rows, asOf }) => (
          <Stack gap="lg" style={usage.isPlaceholderData ? { opacity: 0.55 } : {}} aria-busy={usage.isPlaceholderData}>
            {usage.error === null ? null : <FailureAlert error={usage.error} title="Usage could not be brought up to date" onRetry={() => void usage.refetch()} />}
            <Text size="sm" c="dimmed">
              Last counted at {clockTime(asOf)} ({ago(asOf, serverNowMs())}). Everything before that is included.
            </Text>
            <SimpleGrid cols={{ base: 2, sm: 3 }} spacing={{ base: 'xs', sm: 'md' }}>
              {dimensions.map(({ id, name, help }) => (
                <FigureTile key={id} label={name} help={help} value={count(totals[id] ?? '0')} />
              ))}
            </SimpleGrid>
            <UsageOverTime rows={rows} days={days} />
            <ResourceTable rows={rows} />
            <HourTable rows={rows} />
          </Stack>
        )}
      </AwaitQuery>
    </>
  );
}
