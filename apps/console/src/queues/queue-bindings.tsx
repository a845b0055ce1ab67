import { Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Binding } from '@waybill/contracts';
import { AwaitQuery } from '../elements/await-query.js';
import { TextLink } from '../elements/links.js';
import { RecordTable } from '../elements/record-table.js';
import { bindingRule } from '../exchanges/binding-rule.js';
import { date } from '../words/time.js';
import { bindingsToQueueQuery } from './queries.js';

/** What leads to this queue. */
export function QueueBindings({ namespace, queue }: { namespace: string; queue: string }) {
  const bindings = useQuery(bindingsToQueueQuery(namespace, queue));
  const columns = [
    {
      header: 'From exchange',
      cell: (binding: Binding) => (
        <TextLink to="/namespaces/$namespace/exchanges/$exchange" params={{ namespace, exchange: binding.source }} className="name" fw={550}>
          {binding.source}
        </TextLink>
      ),
    },
    { header: 'Takes messages', wide: true, cell: (binding: Binding) => <span className="name">{bindingRule(binding)}</span> },
    { header: 'Created', wide: true, cell: (binding: Binding) => date(binding.createdAt) },
  ];
  return (
    <Stack gap="sm" component="section" aria-label="Bindings to this queue">
      <Title order={2}>Bindings to this queue</Title>
      <AwaitQuery query={bindings} rows={2}>
        {({ items, next }) => (
          <>
            <Text size="sm" c="dimmed">
              The built-in exchange <span className="name">default</span> always reaches it with the routing key <span className="name">{queue}</span>.
              {items.length === 0 ? ' No other exchange leads here yet: open an exchange to bind it to this queue.' : ''}
            </Text>
            {items.length === 0 ? null : <RecordTable label="Bindings to this queue" columns={columns} rows={items} rowKey={(binding) => binding.id} />}
            {next === null ? null : <Text size="sm" c="dimmed">Only the first 1,000 bindings are listed here.</Text>}
          </>
        )}
      </AwaitQuery>
    </Stack>
  );
}
