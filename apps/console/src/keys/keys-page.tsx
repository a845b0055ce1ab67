import { Badge, Button, EmptyState, Group, Paper, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { revokeApiKey, type ApiKey } from '@waybill/contracts';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useNamespaceId } from '../account/account.js';
import { callOperation } from '../api/control-plane.js';
import { focusHeading } from '../elements/arrival.js';
import { AwaitQuery } from '../elements/await-query.js';
import { ConfirmDialog } from '../elements/confirm-dialog.js';
import { notice } from '../elements/notice.js';
import { PageTitle } from '../elements/page-title.js';
import { RecordTable } from '../elements/record-table.js';
import { serverNowMs } from '../words/server-time.js';
import { date } from '../words/time.js';
import { CreateKeyDialog } from './create-key-dialog.js';
import { keysQuery, keyState, type KeyState } from './queries.js';

const stateWords: Readonly<Record<KeyState, { label: string; color: string }>> = {
  active: { label: 'Active', color: 'petrol' },
  expired: { label: 'Expired', color: 'gray' },
  revoked: { label: 'Revoked', color: 'red' },
};

export function KeysPage() {
  const namespace = useNamespaceId();
  const queryClient = useQueryClient();
  const keys = useQuery(keysQuery(namespace));
  const [creating, dialog] = useDisclosure(false);
  const [revoked, setRevoked] = useState<ApiKey | null>(null);
  const revoke = useMutation({
    mutationFn: async (key: ApiKey) => {
      await callOperation(revokeApiKey, { params: { namespace, key: key.id } });
      await queryClient.invalidateQueries({ queryKey: ['keys', namespace] });
    },
    onSuccess: (_done, key) => {
      notice(`Key ${key.name} revoked.`);
      setRevoked(null);
      focusHeading();
    },
  });
  const create = <Button leftSection={<IconPlus size={16} />} onClick={dialog.open}>Create key</Button>;
  const columns = [
    { header: 'Name', cell: (key: ApiKey) => <span className="name" style={{ fontWeight: 550 }}>{key.name}</span> },
    { header: 'Begins with', wide: true, cell: (key: ApiKey) => <span className="name">{key.preview}</span> },
    {
      header: 'Scopes',
      wide: true,
      cell: (key: ApiKey) => (
        <Group component="span" gap={4} wrap="wrap">
          {key.scopes.map((scope) => <Badge key={scope} color="gray" component="span">{scope}</Badge>)}
        </Group>
      ),
    },
    { header: 'Created', wide: true, cell: (key: ApiKey) => date(key.createdAt) },
    { header: 'Expires', wide: true, cell: (key: ApiKey) => (key.expiresAt === null ? 'never' : date(key.expiresAt)) },
    {
      header: 'State',
      wide: true,
      cell: (key: ApiKey) => {
        const { label, color } = stateWords[keyState(key, serverNowMs())];
        return <><Badge component="span" color={color}>{label}</Badge>{key.revokedAt === null ? null : <Text component="span" size="xs" c="dimmed" display="block">{date(key.revokedAt)}</Text>}</>;
      },
    },
  ];
  return (
    <>
      <PageTitle title="Keys" description="An application signs its calls with a key. A key belongs to this namespace and does what its scopes allow." actions={keys.data?.items.length ? create : null} />
      <AwaitQuery query={keys}>
        {({ items }) =>
          items.length === 0 ? (
            <Paper p="xl">
              <EmptyState icon={<IconKey size={30} />} title="No keys yet" description="Create a key for each application, with no more scopes than it needs.">
                <EmptyState.Actions>{create}</EmptyState.Actions>
              </EmptyState>
            </Paper>
          ) : (
            <RecordTable
              label="Keys"
              columns={columns}
              rows={items}
              rowKey={(key) => key.id}
              actions={(key) =>
                key.revokedAt !== null ? null : (
                  <Button size="compact-sm" variant="default" c="var(--mantine-color-error)" aria-label={`Revoke ${key.name}`} onClick={() => setRevoked(key)}>Revoke</Button>
                )
              }
            />
          )
        }
      </AwaitQuery>
      <CreateKeyDialog opened={creating} onClose={dialog.close} />
      <ConfirmDialog
        opened={revoked !== null}
        onClose={() => {
          revoke.reset();
          setRevoked(null);
        }}
        title={`Revoke key ${revoked?.name ?? ''}?`}
        confirmLabel="Revoke key"
        onConfirm={() => revoked !== null && revoke.mutate(revoked)}
        pending={revoke.isPending}
        error={revoke.error}
      >
        Every application that uses it is refused within 5 seconds. A revoked key cannot be brought back.
      </ConfirmDialog>
    </>
  );
}
