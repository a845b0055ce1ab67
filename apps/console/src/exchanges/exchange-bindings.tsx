import { ActionIcon, Button, EmptyState, Group, Paper, Stack, Title, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { deleteBinding, type Binding, type RoutedKind } from '@waybill/contracts';
import { IconLink, IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { callOperation } from '../api/control-plane.js';
import { focusHeading } from '../elements/arrival.js';
import { AwaitQuery } from '../elements/await-query.js';
import { ConfirmDialog } from '../elements/confirm-dialog.js';
import { TextLink } from '../elements/links.js';
import { notice } from '../elements/notice.js';
import { RecordTable } from '../elements/record-table.js';
import { ShowMore } from '../elements/show-more.js';
import { useRefreshTopology } from '../queues/queries.js';
import { date } from '../words/time.js';
import { AddBindingDialog } from './add-binding-dialog.js';
import { bindingRule } from './binding-rule.js';
import { bindingsFromExchangeQuery } from './queries.js';

interface ExchangeBindingsProps {
  readonly namespace: string;
  readonly exchange: { readonly name: string; readonly kind: RoutedKind };
}

export function ExchangeBindings({ namespace, exchange }: ExchangeBindingsProps) {
  const bindings = useInfiniteQuery(bindingsFromExchangeQuery(namespace, exchange.name));
  const refresh = useRefreshTopology(namespace);
  const [adding, dialog] = useDisclosure(false);
  const [removed, setRemoved] = useState<Binding | null>(null);
  const remove = useMutation({
    mutationFn: async (binding: Binding) => {
      await callOperation(deleteBinding, { params: { namespace, binding: binding.id } });
      await refresh();
    },
    onSuccess: () => {
      notice('Binding deleted.');
      setRemoved(null);
      focusHeading();
    },
  });
  const add = <Button leftSection={<IconPlus size={16} />} onClick={dialog.open}>Add binding</Button>;
  const rule = (binding: Binding) => bindingRule(exchange.kind === 'fanout' ? { ...binding, pattern: '', headers: {} } : binding);
  const columns = [
    { header: 'Destination', cell: (binding: Binding) => <Destination namespace={namespace} destination={binding.destination} /> },
    { header: 'Takes messages', wide: true, cell: (binding: Binding) => <span className="name">{rule(binding)}</span> },
    { header: 'Created', wide: true, cell: (binding: Binding) => date(binding.createdAt) },
  ];
  return (
    <Stack gap="sm" component="section" aria-label="Bindings">
      <Group justify="space-between">
        <Title order={2}>Bindings</Title>
        {bindings.data?.length ? add : null}
      </Group>
      <AwaitQuery query={bindings}>
        {(items) =>
          items.length === 0 ? (
            <Paper p="xl">
              <EmptyState icon={<IconLink size={30} />} title="No bindings yet" description="Until a binding leads to a queue, messages published here match nothing and are not stored.">
                <EmptyState.Actions>{add}</EmptyState.Actions>
              </EmptyState>
            </Paper>
          ) : (
            <>
              <RecordTable
                label="Bindings"
                columns={columns}
                rows={items}
                rowKey={(binding) => binding.id}
                actions={(binding) => (
                  <Tooltip label="Delete binding">
                    <ActionIcon variant="subtle" color="gray" aria-label={`Delete binding to ${nameOf(binding.destination)}, ${rule(binding)}`} onClick={() => setRemoved(binding)}>
                      <IconTrash size={16} />
                    </ActionIcon>
                  </Tooltip>
                )}
              />
              <ShowMore query={bindings} />
            </>
          )
        }
      </AwaitQuery>
      <AddBindingDialog opened={adding} onClose={dialog.close} namespace={namespace} exchange={exchange} />
      <ConfirmDialog
        opened={removed !== null}
        onClose={() => {
          remove.reset();
          setRemoved(null);
        }}
        title="Delete this binding?"
        confirmLabel="Delete binding"
        onConfirm={() => removed !== null && remove.mutate(removed)}
        pending={remove.isPending}
        error={remove.error}
      >
        {removed === null ? null : (
          <>
            From now on <span className="name">{exchange.name}</span> no longer passes <span className="name">{rule(removed)}</span> to <span className="name">{nameOf(removed.destination)}</span>. Messages already stored stay where they are.
          </>
        )}
      </ConfirmDialog>
    </Stack>
  );
}

const nameOf = (destination: Binding['destination']): string => ('queue' in destination ? destination.queue : destination.exchange);

function Destination({ namespace, destination }: { namespace: string; destination: Binding['destination'] }) {
  return 'queue' in destination ? (
    <>
      queue{' '}
      <TextLink to="/namespaces/$namespace/queues/$queue" params={{ namespace, queue: destination.queue }} className="name" fw={550}>{destination.queue}</TextLink>
    </>
  ) : (
    <>
      exchange{' '}
      <TextLink to="/namespaces/$namespace/exchanges/$exchange" params={{ namespace, exchange: destination.exchange }} className="name" fw={550}>{destination.exchange}</TextLink>
    </>
  );
}
