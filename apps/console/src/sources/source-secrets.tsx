import { Badge, Button, Group, Modal, Stack, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { addSourceSecret, revokeSourceSecret, type ShownSourceSecret, type Source } from '@waybill/contracts';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { callOperation } from '../api/control-plane.js';
import { ConfirmDialog } from '../elements/confirm-dialog.js';
import { notice } from '../elements/notice.js';
import { RecordTable } from '../elements/record-table.js';
import { RotateSecretForm } from '../subscriptions/rotate-secret-form.js';
import { ShownSecrets } from '../subscriptions/shown-secrets.js';
import { dateTime } from '../words/time.js';
import { useRefreshSources } from './queries.js';
import { secretHints } from './scheme.js';

type Secret = Source['secrets'][number];

/** Secrets that calls may be signed with. */
export function SourceSecrets({ namespace, source }: { namespace: string; source: Source }) {
  const refresh = useRefreshSources(namespace);
  const params = { namespace, source: source.name };
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<ShownSourceSecret | null>(null);
  const [revoked, setRevoked] = useState<Secret | null>(null);
  const generated = source.scheme.kind === 'standard';
  const revoke = useMutation({
    mutationFn: async ({ id }: Secret) => {
      await callOperation(revokeSourceSecret, { params: { ...params, secret: id } });
      await refresh();
    },
    onSuccess: () => {
      notice('The secret is revoked.');
      setRevoked(null);
    },
  });
  const close = () => {
    setAdding(false);
    setMade(null);
  };
  const columns = [
    { header: 'Added', cell: ({ createdAt }: Secret) => dateTime(createdAt) },
    { header: 'Taken until', wide: true, cell: ({ liveUntil }: Secret) => (liveUntil === null ? 'it is revoked' : <Group gap={6} component="span"><Badge component="span" miw="max-content" color="yellow">Runs out</Badge>{dateTime(liveUntil)}</Group>) },
  ];
  return (
    <Stack gap="sm" component="section" aria-label="Secrets">
      <Group justify="space-between" gap="xs">
        <Title order={2}>Secrets</Title>
        <Button size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={() => setAdding(true)}>New secret</Button>
      </Group>
      <Text size="sm" c="dimmed">A call is taken when it is signed with any of them, so that the sender can change over.</Text>
      <RecordTable
        label="Secrets" columns={columns} rows={source.secrets} rowKey={({ id }) => id}
        actions={(secret) => <Button size="compact-sm" variant="default" c="var(--mantine-color-error)" aria-label={`Revoke the secret of ${dateTime(secret.createdAt)}`} onClick={() => setRevoked(secret)}>Revoke</Button>}
      />
      <Modal opened={adding || made !== null} onClose={close} title={made === null ? 'New secret' : 'Copy the secret now'} closeOnClickOutside={made === null} closeOnEscape={made === null} withCloseButton={made === null}>
        {made === null ? (
          <RotateSecretForm
            kind={{ secrets: [{ name: 'signing', description: secretHints[source.scheme.kind], generated }] }} onCancel={close}
            add={async ({ value, graceSeconds }) => {
              const shown = await callOperation(addSourceSecret, { params, body: { graceSeconds, ...(value === undefined ? {} : { value }) } });
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
            <ShownSecrets secrets={[{ id: made.id, name: 'signing', value: made.value }]} sender />
            <Group justify="flex-end"><Button variant="default" onClick={close}>I have stored it</Button></Group>
          </Stack>
        )}
      </Modal>
      <ConfirmDialog opened={revoked !== null} title="Revoke this secret?" confirmLabel="Revoke secret" pending={revoke.isPending} error={revoke.error} onClose={() => { revoke.reset(); setRevoked(null); }} onConfirm={() => revoked !== null && revoke.mutate(revoked)}>
        <Text size="sm">Calls signed with it are refused from now on.</Text>
      </ConfirmDialog>
    </Stack>
  );
}
