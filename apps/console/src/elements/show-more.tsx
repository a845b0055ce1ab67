import { Button, Group } from '@mantine/core';
import { FailureAlert } from './failure-alert.js';

interface Pages {
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly isFetchNextPageError: boolean;
  readonly error: unknown;
  readonly fetchNextPage: () => unknown;
}

/** The next page of a long list; nothing when the list is whole. */
export function ShowMore({ query }: { query: Pages }) {
  if (!query.hasNextPage) return null;
  if (query.isFetchNextPageError) return <FailureAlert error={query.error} onRetry={() => query.fetchNextPage()} />;
  return (
    <Group justify="center">
      <Button variant="default" loading={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
        Show more
      </Button>
    </Group>
  );
}
