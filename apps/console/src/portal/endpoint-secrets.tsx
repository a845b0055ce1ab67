import { Badge, Box, Button, Group, Modal, Paper, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { listPortalSecrets, revealPortalSecret, rotatePortalSecret, type DestinationKind, type SubscriptionSecret } from '@waybill/contracts';
import { IconEye, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { AwaitQuery } from '../elements/await-query.js';
import { CopyAction } from '../elements/copy.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { notice } from '../elements/notice.js';
import { RotateSecretForm } from '../subscriptions/rotate-secret-form.js';
import { secretLabel } from '../subscriptions/shown-secrets.js';
import { date, dateTime } from '../words/time.js';
import { useRefreshEndpoints } from './portal-calls.js';
import type { PortalDoor } from './portal-door.js';

interface EndpointSecretsProps {
  readonly door: PortalDoor;
  readonly endpoint: string;
  readonly kind: DestinationKind;
}

/** Secrets of an endpoint: those made here can be shown, because the receiver needs them. */
export function EndpointSecrets({ door, endpoint, kind }: EndpointSecretsProps) {
  const refresh = useRefreshEndpoints();
  const params = { subscription: endpoint };
  const secrets = useQuery({ queryKey: ['endpoint-secrets', endpoint], queryFn: ({ signal }) => door.call(listPortalSecrets, { params, signal }) });
  const [rotating, setRotating] = useState(false);
  return (
    <Stack gap="sm" component="section" aria-label="Secrets">
      <Group justify="space-between" gap="xs">
        <Title order={2}>Secrets</Title>
        <Button size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={() => setRotating(true)}>New secret</Button>
      </Group>
      <Text size="sm" c="dimmed">
        {kind.secrets.some(({ generated }) => generated)
          ? 'Your receiver checks with the signing secret that an event is genuine. While you change over, events are signed with the old and the new one.'
          : 'What we prove ourselves with where your events go. It can be replaced, not shown.'}
      </Text>
      <AwaitQuery query={secrets} rows={1}>
        {({ items }) => <Stack gap="xs">{items.map((secret) => <Secret key={secret.id} door={door} endpoint={endpoint} secret={secret} />)}</Stack>}
      </AwaitQuery>
      <Modal opened={rotating} onClose={() => setRotating(false)} title="New secret">
        <RotateSecretForm
          kind={kind} onCancel={() => setRotating(false)}
          add={async (body) => {
            const made = await door.call(rotatePortalSecret, { params, body });
            await refresh();
            return made;
          }}
          onAdded={(_made, isGiven) => {
            notice(isGiven ? 'The new secret is in use.' : 'The new secret is in use. Show it to copy it into your receiver.');
            setRotating(false);
          }}
        />
      </Modal>
    </Stack>
  );
}

function Secret({ door, endpoint, secret }: { door: PortalDoor; endpoint: string; secret: SubscriptionSecret }) {
  const [shown, setShown] = useState<string | null>(null);
  const reveal = useMutation({ mutationFn: () => door.call(revealPortalSecret, { params: { subscription: endpoint, secret: secret.id } }), onSuccess: ({ value }) => setShown(value) });
  return (
    <Paper p="sm" px="md">
      <Stack gap="xs">
        <Group justify="space-between" gap="xs">
          <Group gap="xs">
            <Text size="sm" fw={550}>{secretLabel(secret.name)}</Text>
            <Text size="sm" c="dimmed">since {date(secret.liveFrom)}</Text>
            {secret.liveUntil === null ? null : <Badge color="yellow">until {dateTime(secret.liveUntil)}</Badge>}
          </Group>
          {!secret.generated ? null : shown === null ? <Button size="xs" variant="default" leftSection={<IconEye size={14} />} loading={reveal.isPending} onClick={() => reveal.mutate()}>Show</Button> : <Button size="xs" variant="default" onClick={() => setShown(null)}>Hide</Button>}
        </Group>
        {reveal.error === null ? null : <FailureAlert error={reveal.error} />}
        {shown === null ? null : <Group gap="xs" wrap="nowrap"><Box component="code" className="code-block" flex={1} miw={0} tabIndex={0} role="textbox" aria-readonly="true" aria-label={secretLabel(secret.name)}>{shown}</Box><CopyAction value={shown} label="Copy secret" /></Group>}
      </Stack>
    </Paper>
  );
}
