import { Text } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { FailureAlert } from '../elements/failure-alert.js';
import { clockTime } from '../words/time.js';
import type { LiveFigures } from './readings.js';

/** Says in place that live figures are missing, and how old those shown are. */
export function LiveNotice({ query }: { query: UseQueryResult<LiveFigures> }) {
  if (query.error === null) return null;
  return (
    <>
      <FailureAlert error={query.error} title="Live figures are not available" tone="warning" onRetry={() => void query.refetch()} />
      {query.data === undefined ? null : (
        <Text size="xs" c="dimmed" mt={6}>The figures below are of {clockTime(query.data.atMs)}. The console keeps asking every two seconds.</Text>
      )}
    </>
  );
}
