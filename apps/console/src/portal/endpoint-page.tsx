import { Anchor, Button, Group, Menu, Modal, Paper, Stack, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { askPortalRecipient, deletePortalSubscription, testPortalSubscription, type PortalSubscription } from '@waybill/contracts';
import { IconAdjustments, IconChevronLeft, IconDots, IconTrash } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import type { AttemptFilter } from '../attempts/attempt-filter.js';
import { AttemptList } from '../attempts/attempt-list.js';
import { destinationWords } from '../destinations/destination-words.js';
import { ConfirmDialog } from '../elements/confirm-dialog.js';
import { notice } from '../elements/notice.js';
import { HealthTiles } from '../subscriptions/health-tiles.js';
import { ShownSecrets } from '../subscriptions/shown-secrets.js';
import { StateButton, StateNotice } from '../subscriptions/state-actions.js';
import { HeldNotice, Recipients } from '../subscriptions/recipients.js';
import { StateBadge } from '../subscriptions/state-badge.js';
import { TestCall } from '../subscriptions/test-call.js';
import { EndpointForm } from './endpoint-form.js';
import { EndpointSecrets } from './endpoint-secrets.js';
import { eventWords } from './endpoints.js';
import { endpointAttempts, useEndpointHealth, useEndpointState, useRefreshEndpoints } from './portal-calls.js';
import type { PortalDoor } from './portal-door.js';
import type { PortalInfo } from './portal.js';

interface EndpointPageProps {
  readonly door: PortalDoor;
  readonly portal: PortalInfo;
  readonly endpoint: PortalSubscription;
  /** Secrets made a moment ago: shown on top, as the next thing to do. */
  readonly fresh: readonly { readonly id: string; readonly name: string; readonly value: string }[];
  readonly onLeave: () => void;
}

export function EndpointPage({ door, portal, endpoint, fresh, onLeave }: EndpointPageProps) {
  const refresh = useRefreshEndpoints();
  const params = { subscription: endpoint.id };
  const health = useEndpointHealth(door, endpoint.id);
  const change = useEndpointState(door, endpoint.id);
  const calls = useMemo(() => endpointAttempts(door, endpoint.id), [door, endpoint.id]);
  const [filter, setFilter] = useState<AttemptFilter>({});
  const [dialog, setDialog] = useState<'edit' | 'delete' | null>(null);
  const kind = portal.kinds.find((each) => each.kind === endpoint.kind);
  const remove = useMutation({
    mutationFn: () => door.call(deletePortalSubscription, { params }),
    onSuccess: async () => {
      notice('The endpoint is deleted.');
      onLeave();
      await refresh();
    },
  });
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-start" gap="md">
        <Stack gap={4} miw={0} flex="1 1 280px">
          <Anchor component="button" type="button" size="sm" c="dimmed" onClick={onLeave} style={{ display: 'inline-flex', alignItems: 'center', gap: 2, alignSelf: 'flex-start' }}><IconChevronLeft size={15} aria-hidden="true" />Endpoints</Anchor>
          <Group gap="sm">
            <Title order={1} className="name" fz="1.15rem">{destinationWords(endpoint) || endpoint.kind}</Title>
            <StateBadge {...endpoint} />
          </Group>
          <Text size="sm" c="dimmed">{endpoint.description === '' ? '' : `${endpoint.description}. `}Events: <span className="name">{eventWords(endpoint.events)}</span></Text>
        </Stack>
        <Group gap="xs">
          <StateButton state={endpoint.state} change={change} />
          {kind === undefined ? null : <Button variant="default" leftSection={<IconAdjustments size={16} />} onClick={() => setDialog('edit')}>Edit</Button>}
          <Menu position="bottom-end">
            <Menu.Target><Button variant="default" px={10} aria-label="More actions"><IconDots size={16} /></Button></Menu.Target>
            <Menu.Dropdown><Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => setDialog('delete')}>Delete endpoint</Menu.Item></Menu.Dropdown>
          </Menu>
        </Group>
      </Group>
      <StateNotice subscription={endpoint} change={change} />
      {endpoint.state === 'active' ? <HeldNotice subscription={endpoint} /> : null}
      <Recipients recipients={endpoint.recipients} ask={(address) => door.call(askPortalRecipient, { params, body: { address } })} refresh={refresh} />
      <Paper p="md" component="section" aria-label="Test">
        <Stack gap="sm">
          {fresh.length === 0 ? null : <ShownSecrets secrets={fresh} again />}
          <Title order={2}>Test</Title>
          <Text size="sm" c="dimmed">Sends a test event now, signed like every event, and shows what came back.</Text>
          <TestCall primary={fresh.length > 0} call={() => door.call(testPortalSubscription, { params })} />
        </Stack>
      </Paper>
      <HealthTiles health={health} />
      <Stack gap="sm" component="section" aria-label="Attempts">
        <Title order={2}>Attempts</Title>
        <AttemptList calls={calls} filter={filter} onFilter={setFilter} none="Nothing was sent yet." />
      </Stack>
      {kind === undefined || kind.secrets.length === 0 ? null : <EndpointSecrets door={door} endpoint={endpoint.id} kind={kind} />}
      <Modal opened={dialog === 'edit'} onClose={() => setDialog(null)} title="Edit endpoint" size="lg">
        <EndpointForm door={door} portal={portal} endpoint={endpoint} onCancel={() => setDialog(null)} onSaved={() => { setDialog(null); notice('Saved. It holds from now on.'); }} />
      </Modal>
      <ConfirmDialog opened={dialog === 'delete'} onClose={() => { remove.reset(); setDialog(null); }} title="Delete this endpoint?" confirmLabel="Delete endpoint" onConfirm={() => remove.mutate()} pending={remove.isPending} error={remove.error}>
        <Text size="sm">Nothing is sent to it any more, and what waits for it is deleted too. It cannot be undone.</Text>
      </ConfirmDialog>
    </Stack>
  );
}
