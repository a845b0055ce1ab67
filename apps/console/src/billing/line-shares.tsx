import { Badge, Group, Stack, Text, Title } from '@mantine/core';
import type { getInvoiceLine, InvoiceLineView, InvoiceView, Reply } from '@waybill/contracts';
import { RecordTable, type Column } from '../elements/record-table.js';
import { count } from '../words/figures.js';
import { exactMoney } from '../words/money.js';

type Share = Reply<typeof getInvoiceLine>['namespaces'][number];
type Resource = Share['resources'][number];

interface LineSharesProps {
  readonly invoice: InvoiceView;
  readonly line: InvoiceLineView;
  readonly namespaces: readonly Share[];
}

/** What each namespace, queue and exchange has of a line; the shares add up to it exactly. */
export function LineShares({ invoice: { currency }, line, namespaces }: LineSharesProps) {
  const columns: Column<Resource>[] = [
    {
      header: 'Counted on',
      cell: ({ kind, name, id }) => (
        <Group component="span" gap={6} wrap="nowrap">
          <Badge component="span" color="gray" style={{ flexShrink: 0 }}>{kind}</Badge>
          {kind === 'namespace' ? null : <span className="name">{name ?? `${id} (deleted)`}</span>}
        </Group>
      ),
    },
    { header: 'Quantity', right: true, wide: true, cell: ({ quantity }) => `${count(quantity)} ${line.unit}` },
    { header: 'Share', right: true, wide: true, cell: ({ amountE12 }) => exactMoney(amountE12, currency) },
  ];
  return (
    <Stack gap="md" component="section" aria-label="Where it comes from">
      <Title order={2}>Where it comes from</Title>
      {namespaces.length === 0 ? <Text size="sm" c="dimmed">Nothing was counted for this line.</Text> : null}
      {namespaces.map(({ namespaceId, namespace, quantity, amountE12, resources }) => (
        <Stack key={namespaceId} gap="xs">
          <Group justify="space-between" gap="xs">
            <Title order={3}>
              Namespace <span className="name">{namespace ?? `${namespaceId} (deleted)`}</span>
            </Title>
            <Text size="sm" className="figure">{count(quantity)} {line.unit}, {exactMoney(amountE12, currency)}</Text>
          </Group>
          <RecordTable label={`Shares of ${namespace ?? namespaceId}`} columns={columns} rows={resources} rowKey={({ id }) => id} />
        </Stack>
      ))}
    </Stack>
  );
}
