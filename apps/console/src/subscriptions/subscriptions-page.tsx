import { Group, Paper, SegmentedControl, SimpleGrid, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { IconLink, IconPlus, IconRefresh, IconSend, IconShieldCheck } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { useNamespaceId } from '../account/account.js';
import { AwaitQuery } from '../elements/await-query.js';
import { ButtonLink } from '../elements/links.js';
import { PageTitle } from '../elements/page-title.js';
import { ShowMore } from '../elements/show-more.js';
import { subscriptionsQuery, type SubscriptionFilter } from './queries.js';
import { SubscriptionTable } from './subscription-table.js';

const states = [
  { value: 'all', label: 'All' },
  { value: 'active', label: 'Active' },
  { value: 'paused', label: 'Paused' },
  { value: 'disabled', label: 'Disabled' },
];

export function SubscriptionsPage() {
  const namespace = useNamespaceId();
  const [state, setState] = useState('all');
  const all = state === 'all';
  const subscriptions = useInfiniteQuery({ ...subscriptionsQuery(namespace, all ? {} : { state: state as NonNullable<SubscriptionFilter['state']> }), refetchInterval: 15_000 });
  const create = <ButtonLink leftSection={<IconPlus size={16} />} to="/namespaces/$namespace/create-subscription" params={{ namespace }}>Create subscription</ButtonLink>;
  const links = <ButtonLink variant="default" leftSection={<IconLink size={16} />} to="/namespaces/$namespace/portal-links" params={{ namespace }}>Portal links</ButtonLink>;
  const nothing = all && subscriptions.data?.length === 0;
  return (
    <>
      <PageTitle title="Subscriptions" description="A subscription pushes the messages of a queue to a webhook or another destination." actions={<>{links}{nothing ? null : create}</>} />
      <Stack gap="md">
        {nothing ? null : <Group><SegmentedControl aria-label="State" size="sm" data={states} value={state} onChange={setState} /></Group>}
        <AwaitQuery query={subscriptions}>
          {(items) =>
            items.length > 0 ? (
              <>
                <SubscriptionTable namespace={namespace} subscriptions={items} />
                <ShowMore query={subscriptions} />
              </>
            ) : all ? <Teaching create={create} /> : <Paper p="lg"><Text size="sm" c="dimmed" ta="center">No subscription is {state}.</Text></Paper>
          }
        </AwaitQuery>
      </Stack>
    </>
  );
}

const lessons = [
  { icon: IconSend, title: 'You name a queue and a URL', text: 'Every message of the queue is sent there, signed by the Standard Webhooks specification. Your receiver answers 2xx and the message is done.' },
  { icon: IconRefresh, title: 'Failures are tried again', text: 'At once, after seconds, minutes, then hours. What never gets through becomes a dead letter that you send again with one click.' },
  { icon: IconShieldCheck, title: 'Nothing is lost meanwhile', text: 'Messages stay in their queue until the destination took them, also while a subscription is paused or its destination is down.' },
] as const;

/** The empty list explains what a subscription is for. */
function Teaching({ create }: { create: ReactNode }) {
  return (
    <Paper p={{ base: 'lg', sm: 'xl' }}>
      <Stack gap="lg">
        <Title order={2}>No subscriptions yet</Title>
        <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="lg">
          {lessons.map(({ icon: Icon, title, text }) => (
            <Stack key={title} gap={6}>
              <ThemeIcon variant="light" size={36} radius="md"><Icon size={20} stroke={1.7} aria-hidden="true" /></ThemeIcon>
              <Title order={3}>{title}</Title>
              <Text size="sm" c="dimmed">{text}</Text>
            </Stack>
          ))}
        </SimpleGrid>
        <Group>{create}</Group>
      </Stack>
    </Paper>
  );
}
