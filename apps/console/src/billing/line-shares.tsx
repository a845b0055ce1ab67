import { Badge, Group, Stack, Text, Title } from '@mantine/core';
import type { getInvoiceLine, InvoiceLineView, InvoiceView, Reply } from '@waybill/contracts';
import { useNamespaceId } from '../account/account.js';
import { TextLink } from '../elements/links.js';
import { RecordTable, type Column } from '../elements/record-table.js';
import { inUnits } from '../words/figures.js';
import { exactMoney } from '../words/money.js';

type Share = Reply<typeof getInvoiceLine>['namespaces'][number];
type Resource = Share['resources'][number];

interface LineSharesProps {
  readonly invoice: InvoiceView;
  readonly line: InvoiceLineView;
  readonly namespaces: readonly Share[];
}

/** What each namespace, queue and exchange has of a line; the shares add up to it exactly. */
export function LineShares({ invoice: { id: invoice, currency }, line, namespaces }: LineSharesProps) {
  const here = useNamespaceId();
  const columnsOf = (of: string): Column<Resource>[] => [
    {
      header: 'Counted on',
      cell: ({ kind, name, id }) => (
        <Group component="span" gap={6} wrap="nowrap">
          <Badge component="span" color="gray" style={{ flexShrink: 0 }}>{kind}</Badge>
          <TextLink
            className="name"
            to="/namespaces/$namespace/billing/invoices/$invoice/lines/$line/share"
            params={{ namespace: here, invoice, line: line.id }}
            search={{ of, resource: id, name: name ?? id }}
          >
            {name ?? `${id} (deleted)`}
          </TextLink>
        </Group>
      ),
    },
    { header: 'Quantity', right: true, wide: true, cell: ({ quantity }) => inUnits(quantity, line.unit) },
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
            <Text size="sm" className="figure">{inUnits(quantity, line.unit)}, {exactMoney(amountE12, currency)}</Text>
          </Group>
          <RecordTable label={`Shares of ${namespace ?? namespaceId}`} columns={columnsOf(namespaceId)} rows={resources} rowKey={({ id }) => id} />
        </Stack>
      ))}
    </Stack>
  );
}
