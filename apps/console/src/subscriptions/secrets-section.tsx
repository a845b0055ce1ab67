import { Badge, Button, Group, Modal, Paper, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { addSubscriptionSecret, revokeSubscriptionSecret, type DestinationKind, type ShownSecret, type SubscriptionSecret } from '@waybill/contracts';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { callOperation } from '../api/control-plane.js';
import { AwaitQuery } from '../elements/await-query.js';
import { ConfirmDialog } from '../elements/confirm-dialog.js';
import { notice } from '../elements/notice.js';
import { RecordTable } from '../elements/record-table.js';
import { serverNowMs } from '../words/server-time.js';
import { date, dateTime, duration } from '../words/time.js';
import { secretsQuery, useRefreshSubscriptions } from './queries.js';
import { RotateSecretForm } from './rotate-secret-form.js';
import { secretLabel, ShownSecrets } from './shown-secrets.js';

/** Live secrets without their values; make a new one with a time of grace, end one at once. */
export function SecretsSection({ namespace, subscription, kind }: { namespace: string; subscription: string; kind: DestinationKind }) {
  const refresh = useRefreshSubscriptions(namespace);
  const secrets = useQuery(secretsQuery(namespace, subscription));
  const [rotating, setRotating] = useState(false);
  const [made, setMade] = useState<ShownSecret | null>(null);
  const [revoked, setRevoked] = useState<SubscriptionSecret | null>(null);
  const params = { namespace, subscription };
  const revoke = useMutation({
    mutationFn: async (secret: SubscriptionSecret) => {
      await callOperation(revokeSubscriptionSecret, { params: { ...params, secret: secret.id } });
      await refresh();
    },
    onSuccess: () => {
      notice('The secret is revoked.');
      setRevoked(null);
    },
  });
  const close = () => {
    setRotating(false);
    setMade(null);
  };
  const until = ({ liveUntil }: SubscriptionSecret) => (liveUntil === null ? 'until revoked' : `${dateTime(liveUntil)} (in ${duration(Math.max(0, Date.parse(liveUntil) - serverNowMs()))})`);
  const columns = [
    { header: 'Secret', cell: (secret: SubscriptionSecret) => <Text span inherit fw={550}>{secretLabel(secret.name)}</Text> },
    { header: 'Made', wide: true, cell: ({ generated, liveFrom }: SubscriptionSecret) => `${date(liveFrom)}, ${generated ? 'by Waybill' : 'given'}` },
    { header: 'Live until', wide: true, cell: (secret: SubscriptionSecret) => (secret.liveUntil === null ? until(secret) : <Group gap={6} component="span"><Badge component="span" color="yellow">Runs out</Badge>{until(secret)}</Group>) },
  ];
  return (
    <Stack gap="sm" component="section" aria-label="Secrets">
      <Group justify="space-between" gap="xs">
        <Title order={2}>Secrets</Title>
        <Button size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={() => setRotating(true)}>New secret</Button>
      </Group>
      <Text size="sm" c="dimmed">Each call is signed with every live signing secret, so a receiver can change over while both are live.</Text>
      <AwaitQuery query={secrets} rows={1}>
        {({ items }) => items.length === 0 ? <Paper p="md"><Text size="sm" c="dimmed">This destination has no secret.</Text></Paper> : (
          <RecordTable
            label="Secrets" columns={columns} rows={items} rowKey={({ id }) => id}
            actions={(secret) => <Button size="compact-sm" variant="default" c="var(--mantine-color-error)" aria-label={`Revoke ${secretLabel(secret.name).toLowerCase()} of ${date(secret.liveFrom)}`} onClick={() => setRevoked(secret)}>Revoke</Button>}
          />
        )}
      </AwaitQuery>
      <Modal opened={rotating || made !== null} onClose={close} title={made === null ? 'New secret' : 'Copy the secret now'} closeOnClickOutside={made === null} closeOnEscape={made === null} withCloseButton={made === null}>
        {made === null ? (
          <RotateSecretForm
            kind={kind} onCancel={close}
            add={async (body) => {
              const shown = await callOperation(addSubscriptionSecret, { params, body });
              await refresh();
              return shown;
            }}
            onAdded={(shown, given) => {
              if (!given) return setMade(shown);
              notice('The secret is in use.');
              close();
            }}
          />
        ) : (
          <Stack gap="md">
            <ShownSecrets secrets={[made]} />
            <Group justify="flex-end"><Button variant="default" onClick={close}>I have stored it</Button></Group>
          </Stack>
        )}
      </Modal>
      <ConfirmDialog
        opened={revoked !== null} title="Revoke this secret?" confirmLabel="Revoke secret" pending={revoke.isPending} error={revoke.error}
        onClose={() => { revoke.reset(); setRevoked(null); }} onConfirm={() => revoked !== null && revoke.mutate(revoked)}
      >
        <Text size="sm">Calls are no longer signed with it from now on. A receiver that knows no other live secret refuses them.</Text>
      </ConfirmDialog>
    </Stack>
  );
}
