import { Group, Stack, Text, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { IconPlus } from '@tabler/icons-react';
import { AwaitQuery } from '../elements/await-query.js';
import { ButtonLink } from '../elements/links.js';
import { ShowMore } from '../elements/show-more.js';
import { subscriptionsQuery } from './queries.js';
import { SubscriptionTable } from './subscription-table.js';

/** What pushes the messages of a queue; on the queue's page. */
export function QueueSubscriptions({ namespace, queue }: { namespace: string; queue: string }) {
  const subscriptions = useInfiniteQuery(subscriptionsQuery(namespace, { queue }));
  return (
    <Stack gap="sm" component="section" aria-label="Subscriptions of this queue">
      <Group justify="space-between" gap="xs">
        <Title order={2}>Subscriptions</Title>
        <ButtonLink size="xs" variant="default" leftSection={<IconPlus size={14} />} to="/namespaces/$namespace/create-subscription" params={{ namespace }} search={{ queue }}>Push this queue</ButtonLink>
      </Group>
      <AwaitQuery query={subscriptions} rows={1}>
        {(items) => items.length === 0 ? <Text size="sm" c="dimmed">Nothing pushes this queue: its messages wait for a consumer.</Text> : (
          <>
            <SubscriptionTable namespace={namespace} subscriptions={items} showQueue={false} />
            <ShowMore query={subscriptions} />
          </>
        )}
      </AwaitQuery>
    </Stack>
  );
}
