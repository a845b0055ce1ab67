import { Badge, Button, Group, Modal, Paper, Stack, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { DestinationKind } from '@waybill/contracts';
import { IconPlus } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { ConfirmDialog } from '../elements/confirm-dialog.js';
import { notice } from '../elements/notice.js';
import { RecordTable, type Column } from '../elements/record-table.js';
import { serverNowMs } from '../words/server-time.js';
import { dateTime, duration } from '../words/time.js';
import { RotateSecretForm, type NewSecret } from './rotate-secret-form.js';
import { ShownSecrets } from './shown-secrets.js';

interface LiveSecret {
  readonly id: string;
  readonly liveUntil: string | null;
}

interface LiveSecretsProps<Secret extends LiveSecret> {
  /** What they are good for. */
  readonly note: string;
  readonly kind: Pick<DestinationKind, 'secrets'>;
  readonly secrets: readonly Secret[];
  /** Before the column that says how long they live; the first one names the secret. */
  readonly columns: readonly Column<Secret>[];
  /** "the signing secret of 3 May": after "Revoke". */
  readonly naming: (secret: Secret) => string;
  /** What follows from revoking one. */
  readonly revoking: ReactNode;
  readonly add: (secret: NewSecret) => Promise<{ id: string; name: string; value: string }>;
  readonly revoke: (secret: Secret) => Promise<void>;
  /** Whether they are for who sends to us rather than for who receives from us. */
  readonly sender?: boolean;
}

/** Live secrets without their values; make a new one with a time of grace, end one at once. */
export function LiveSecrets<Secret extends LiveSecret>({ note, kind, secrets, columns, naming, revoking, add, revoke: end, sender = false }: LiveSecretsProps<Secret>) {
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<Awaited<ReturnType<typeof add>> | null>(null);
  const [revoked, setRevoked] = useState<Secret | null>(null);
  const revoke = useMutation({
    mutationFn: end,
    onSuccess: () => {
      notice('The secret is revoked.');
      setRevoked(null);
    },
  });
  const close = () => {
    setAdding(false);
    setMade(null);
  };
  const life: Column<Secret> = {
    header: 'Live until', wide: true,
    cell: ({ liveUntil }) => (liveUntil === null ? 'it is revoked' : <Group gap={6} component="span"><Badge component="span" miw="max-content" color="yellow">Runs out</Badge>{dateTime(liveUntil)} (in {duration(Math.max(0, Date.parse(liveUntil) - serverNowMs()))})</Group>),
  };
  return (
    <Stack gap="sm" component="section" aria-label="Secrets">
      <Group justify="space-between" gap="xs">
        <Title order={2}>Secrets</Title>
        <Button size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={() => setAdding(true)}>New secret</Button>
      </Group>
      <Text size="sm" c="dimmed">{note}</Text>
      {secrets.length === 0 ? <Paper p="md"><Text size="sm" c="dimmed">There is no secret.</Text></Paper> : (
        <RecordTable
          label="Secrets" columns={[...columns, life]} rows={secrets} rowKey={({ id }) => id}
          actions={(secret) => <Button size="compact-sm" variant="default" c="var(--mantine-color-error)" aria-label={`Revoke ${naming(secret)}`} onClick={() => setRevoked(secret)}>Revoke</Button>}
        />
      )}
      <Modal opened={adding || made !== null} onClose={close} title={made === null ? 'New secret' : 'Copy the secret now'} closeOnClickOutside={made === null} closeOnEscape={made === null} withCloseButton={made === null}>
        {made === null ? (
          <RotateSecretForm
            kind={kind} onCancel={close} add={add}
            onAdded={(shown, given) => {
              if (!given) return setMade(shown);
              notice('The secret is in use.');
              close();
            }}
          />
        ) : (
          <Stack gap="md">
            <ShownSecrets secrets={[made]} sender={sender} />
            <Group justify="flex-end"><Button variant="default" onClick={close}>I have stored it</Button></Group>
          </Stack>
        )}
      </Modal>
      <ConfirmDialog
        opened={revoked !== null} title="Revoke this secret?" confirmLabel="Revoke secret" pending={revoke.isPending} error={revoke.error}
        onClose={() => { revoke.reset(); setRevoked(null); }} onConfirm={() => revoked !== null && revoke.mutate(revoked)}
      >
        <Text size="sm">{revoking}</Text>
      </ConfirmDialog>
    </Stack>
  );
}
