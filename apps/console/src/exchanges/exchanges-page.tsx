import { Badge, Button, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import type { Exchange } from '@waybill/contracts';
import { IconPlus } from '@tabler/icons-react';
import { useNamespaceId } from '../account/account.js';
import { AwaitQuery } from '../elements/await-query.js';
import { TextLink } from '../elements/links.js';
import { PageTitle } from '../elements/page-title.js';
import { RecordTable } from '../elements/record-table.js';
import { ShowMore } from '../elements/show-more.js';
import { count } from '../words/figures.js';
import { date } from '../words/time.js';
import { CreateExchangeDialog } from './create-exchange-dialog.js';
import { exchangesQuery } from './queries.js';

export function ExchangesPage() {
  const namespace = useNamespaceId();
  const router = useRouter();
  const [creating, dialog] = useDisclosure(false);
  const exchanges = useInfiniteQuery(exchangesQuery(namespace));
  const open = (exchange: string) => void router.navigate({ to: '/namespaces/$namespace/exchanges/$exchange', params: { namespace, exchange } });
  const columns = [
    {
      header: 'Exchange',
      cell: ({ name }: Exchange) => (
        <TextLink to="/namespaces/$namespace/exchanges/$exchange" params={{ namespace, exchange: name }} className="name" fw={550}>
          {name}
        </TextLink>
      ),
    },
    { header: 'Kind', wide: true, cell: ({ kind }: Exchange) => <KindBadge kind={kind} /> },
    { header: 'Bindings', right: true, wide: true, cell: ({ builtIn, bindings }: Exchange) => (builtIn ? 'every queue' : count(bindings)) },
    { header: 'Created', wide: true, right: true, cell: ({ builtIn, createdAt }: Exchange) => (builtIn ? 'built in' : date(createdAt)) },
  ];
  return (
    <>
      <PageTitle
        title="Exchanges"
        description="An exchange takes published messages and passes each to the queues its bindings say."
        actions={<Button leftSection={<IconPlus size={16} />} onClick={dialog.open}>Create exchange</Button>}
      />
      <AwaitQuery query={exchanges}>
        {(items) => (
          <Stack gap="md">
            <RecordTable label="Exchanges" columns={columns} rows={items} rowKey={(exchange) => exchange.name} />
            <ShowMore query={exchanges} />
          </Stack>
        )}
      </AwaitQuery>
      <CreateExchangeDialog opened={creating} onClose={dialog.close} onCreated={open} />
    </>
  );
}

export function KindBadge({ kind }: Pick<Exchange, 'kind'>) {
  return <Badge color={kind === 'default' ? 'gray' : 'petrol'}>{kind}</Badge>;
}
