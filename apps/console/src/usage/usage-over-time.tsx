import { Group, Paper, Select, Skeleton, Title } from '@mantine/core';
import type { UsageRow } from '@waybill/contracts';
import { lazy, Suspense, useState } from 'react';
import { dimensionName, dimensions } from './dimensions.js';
import { barsOf } from './usage-rows.js';
import { serverNowMs } from '../words/server-time.js';

const UsageChart = lazy(async () => ({ default: (await import('./usage-chart.js')).UsageChart }));

/** One dimension over the period. */
export function UsageOverTime({ rows, days }: { rows: readonly UsageRow[]; days: number }) {
  const [dimension, setDimension] = useState<string>('mq_messages');
  return (
    <Paper p="md" component="section" aria-label="Usage over time">
      <Group justify="space-between" mb="md" gap="xs">
        <Title order={2}>{days > 7 ? 'By day' : 'By hour'}</Title>
        <Select
          size="xs"
          w={{ base: '100%', xs: 220 }}
          aria-label="What the chart shows"
          data={dimensions.map(({ id, name }) => ({ value: id, label: name }))}
          value={dimension}
          onChange={(value) => value !== null && setDimension(value)}
        />
      </Group>
      <Suspense fallback={<Skeleton h={220} />}>
        <UsageChart name={dimensionName(dimension)} bars={barsOf(rows, dimension, days, serverNowMs())} />
      </Suspense>
    </Paper>
  );
}
