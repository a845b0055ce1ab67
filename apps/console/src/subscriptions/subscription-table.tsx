import { Box, Group, Text } from '@mantine/core';
import type { Subscription } from '@waybill/contracts';
import { destinationWords, kindTitle } from '../destinations/destination-words.js';
import { iconOf } from '../destinations/layouts.js';
import { Breakable } from '../elements/breakable.js';
import { TextLink } from '../elements/links.js';
import { RecordTable, type Column } from '../elements/record-table.js';
import { HealthCell } from './health-cell.js';
import { StateBadge } from './state-badge.js';

interface SubscriptionTableProps {
  readonly namespace: string;
  readonly subscriptions: readonly Subscription[];
  /** Left out where all are of one queue. */
  readonly showQueue?: boolean;
}

/** Subscriptions with where they lead and how they are doing. */
export function SubscriptionTable({ namespace, subscriptions, showQueue = true }: SubscriptionTableProps) {
  const columns: Column<Subscription>[] = [
    {
      header: 'Subscription',
      cell: ({ name, description }) => (
        <>
          <TextLink to="/namespaces/$namespace/subscriptions/$subscription" params={{ namespace, subscription: name }} className="name" fw={550}>{name}</TextLink>
          {description === '' ? null : <Text size="xs" c="dimmed" lineClamp={1}>{description}</Text>}
        </>
      ),
    },
    { header: 'State', wide: true, cell: (subscription) => <StateBadge {...subscription} /> },
    {
      header: 'Destination', line: true,
      cell: (subscription) => {
        const Icon = iconOf(subscription.kind);
        return (
          <Group gap={6} wrap="nowrap" component="span" title={kindTitle(subscription.kind)}>
            <Box component="span" c="dimmed" style={{ display: 'inline-flex', flexShrink: 0 }}><Icon size={16} stroke={1.7} aria-label={kindTitle(subscription.kind)} /></Box>
            <span className="name destination"><Breakable text={destinationWords(subscription)} /></span>
          </Group>
        );
      },
    },
    ...(showQueue ? [{ header: 'Queue', wide: true, cell: ({ queue }: Subscription) => <TextLink to="/namespaces/$namespace/queues/$queue" params={{ namespace, queue }} className="name">{queue}</TextLink> }] : []),
    { header: 'Success, 24 h', wide: true, cell: ({ name }) => <HealthCell namespace={namespace} subscription={name} /> },
  ];
  return <RecordTable label="Subscriptions" columns={columns} rows={subscriptions} rowKey={({ id }) => id} />;
}
