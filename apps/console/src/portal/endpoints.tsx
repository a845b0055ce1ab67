import { Anchor, Button, EmptyState, Group, Modal, Paper, Stack, Text, Title } from '@mantine/core';
import { IconPlus, IconWebhook } from '@tabler/icons-react';
import type { PortalSubscription } from '@waybill/contracts';
import { useEffect, useState } from 'react';
import { destinationWords } from '../destinations/destination-words.js';
import { AwaitQuery } from '../elements/await-query.js';
import { RecordTable } from '../elements/record-table.js';
import { StateBadge } from '../subscriptions/state-badge.js';
import { rateTone, rateWords } from '../subscriptions/state-words.js';
import { EndpointForm } from './endpoint-form.js';
import { EndpointPage } from './endpoint-page.js';
import { useEndpointHealth, useEndpoints } from './portal-calls.js';
import type { PortalDoor } from './portal-door.js';
import type { PortalInfo } from './portal.js';

interface PortalProps {
  readonly door: PortalDoor;
  readonly portal: PortalInfo;
}

/** The list of endpoints, or the one that is open. The browser's Back leads from one to the other. */
export function Endpoints({ door, portal }: PortalProps) {
  const endpoints = useEndpoints(door);
  const [opened, setOpened] = useOpened();
  const [creating, setCreating] = useState(false);
  const [fresh, setFresh] = useState<{ readonly id: string; readonly secrets: readonly { id: string; name: string; value: string }[] } | null>(null);
  const create = <Button leftSection={<IconPlus size={16} />} onClick={() => setCreating(true)}>Add endpoint</Button>;
  return (
    <AwaitQuery query={endpoints}>
      {({ items }) => {
        const open = items.find(({ id }) => id === opened);
        if (open !== undefined) return <EndpointPage key={open.id} door={door} portal={portal} endpoint={open} fresh={fresh?.id === open.id ? fresh.secrets : []} onLeave={() => setOpened(null)} />;
        return (
          <Stack gap="md">
            <Group justify="space-between" gap="sm" align="flex-start">
              <Stack gap={2}>
                <Title order={1}>Endpoints</Title>
                <Text size="sm" c="dimmed">Events are sent to your endpoints as they happen, signed, and again until they arrive.</Text>
              </Stack>
              {items.length === 0 ? null : create}
            </Group>
            {items.length === 0 ? (
              <Paper p="xl">
                <EmptyState icon={<IconWebhook size={30} />} title="No endpoints yet" description="Add the address of your receiver and choose the events it gets. A test event shows whether it works.">
                  <EmptyState.Actions>{create}</EmptyState.Actions>
                </EmptyState>
              </Paper>
            ) : <EndpointTable door={door} endpoints={items} onOpen={setOpened} />}
            <Modal opened={creating} onClose={() => setCreating(false)} title="Add endpoint" size="lg">
              <EndpointForm
                door={door} portal={portal} endpoint={null} onCancel={() => setCreating(false)}
                onSaved={(saved, secrets) => {
                  setFresh({ id: saved.id, secrets });
                  setCreating(false);
                  setOpened(saved.id);
                }}
              />
            </Modal>
          </Stack>
        );
      }}
    </AwaitQuery>
  );
}

function EndpointTable({ door, endpoints, onOpen }: { door: PortalDoor; endpoints: readonly PortalSubscription[]; onOpen: (id: string) => void }) {
  const columns = [
    {
      header: 'Endpoint',
      cell: (endpoint: PortalSubscription) => (
        <>
          <Anchor component="button" type="button" ta="left" className="name" fw={550} onClick={() => onOpen(endpoint.id)}>{destinationWords(endpoint) || endpoint.kind}</Anchor>
          {endpoint.description === '' ? null : <Text size="xs" c="dimmed" lineClamp={1}>{endpoint.description}</Text>}
        </>
      ),
    },
    { header: 'State', wide: true, cell: (endpoint: PortalSubscription) => <StateBadge {...endpoint} /> },
    { header: 'Success, 24 h', wide: true, cell: ({ id }: PortalSubscription) => <Success door={door} endpoint={id} /> },
    { header: 'Events', line: true, cell: ({ events }: PortalSubscription) => <span className="name">{eventWords(events)}</span> },
  ];
  return <RecordTable label="Endpoints" columns={columns} rows={endpoints} rowKey={({ id }) => id} />;
}

function Success({ door, endpoint }: { door: PortalDoor; endpoint: string }) {
  const { data } = useEndpointHealth(door, endpoint);
  if (data === undefined) return <Text span inherit c="dimmed">–</Text>;
  return <Text span inherit className="figure" fw={550} {...(rateTone(data.successRate) === 'bad' ? { c: 'var(--mantine-color-error)' } : {})}>{data.calls === 0 ? 'no call' : rateWords(data)}</Text>;
}

/** Which events, in a few words. */
export function eventWords(events: readonly string[]): string {
  if (events.length === 0) return 'chosen for you';
  if (events.includes('#')) return 'all';
  return events.length <= 3 ? events.join(', ') : `${events.slice(0, 3).join(', ')} and ${events.length - 3} more`;
}

/** Which endpoint is open, with a step in the history for each opening. */
function useOpened(): [string | null, (id: string | null) => void] {
  const [opened, setOpened] = useState<string | null>(null);
  useEffect(() => {
    const follow = ({ state }: PopStateEvent) => setOpened((state as { endpoint?: string } | null)?.endpoint ?? null);
    window.addEventListener('popstate', follow);
    return () => window.removeEventListener('popstate', follow);
  }, []);
  const open = (id: string | null) => {
    window.history.pushState(id === null ? null : { endpoint: id }, '');
    setOpened(id);
    window.scrollTo(0, 0);
  };
  return [opened, open];
}
