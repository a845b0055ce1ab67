import { Alert, Badge, Button, Checkbox, Group, Stack, Text, Tooltip } from '@mantine/core';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { finalizeInvoices, type getCloseBoard, type Reply } from '@waybill/contracts';
import { useState } from 'react';
import { callOperation } from '../api/control-plane.js';
import { AwaitQuery } from '../elements/await-query.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { TextLink } from '../elements/links.js';
import { PageTitle } from '../elements/page-title.js';
import { RecordTable, type Column } from '../elements/record-table.js';
import { ShowMore } from '../elements/show-more.js';
import { plural } from '../words/figures.js';
import { money, month } from '../words/money.js';
import { serverNowMs } from '../words/server-time.js';
import { duration } from '../words/time.js';
import { alertWords } from './check-words.js';
import { GateLights } from './gate-lights.js';
import { InvoiceTotals } from './invoice-totals.js';
import { MonthSelect, useClosingMonth } from './month-select.js';
import { closeBoardQuery, useRefreshFinance } from './queries.js';

type Row = Reply<typeof getCloseBoard>['items'][number];
type Finalized = Reply<typeof finalizeInvoices>['items'];

/** The close of a month: every tenant with its gates, what holds it up first. */
export function CloseBoardPage() {
  const [period, setPeriod] = useClosingMonth();
  const board = useInfiniteQuery(closeBoardQuery(period));
  const refresh = useRefreshFinance();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const finalize = useMutation({
    mutationFn: (invoices: string[]) => callOperation(finalizeInvoices, { body: { invoices } }),
    onSuccess: async () => {
      setChosen(new Set());
      await refresh();
    },
  });
  const toggle = (id: string) => setChosen(chosen.has(id) ? new Set([...chosen].filter((other) => other !== id)) : new Set([...chosen, id]));
  const columns: Column<Row>[] = [
    {
      header: 'Tenant',
      cell: (row) => (
        <Group component="span" gap={8} wrap="nowrap">
          {mayFinalize(row) ? <Checkbox aria-label={`Choose ${row.tenant}`} checked={chosen.has(row.invoiceId)} onChange={() => toggle(row.invoiceId)} /> : null}
          {row.invoiceId === null ? row.tenant : <TextLink to="/finance/invoices/$invoice" params={{ invoice: row.invoiceId }}>{row.tenant}</TextLink>}
        </Group>
      ),
    },
    { header: 'Total', right: true, wide: true, cell: ({ totalCents, currency }) => money(totalCents, currency) },
    {
      header: 'State',
      wide: true,
      cell: ({ state, holdReason, alerts }) => (
        <Group component="span" gap={4}>
          <Badge component="span" color={state === 'paid' ? 'petrol' : 'gray'}>{state}</Badge>
          {holdReason === null ? null : <Badge component="span" color="yellow">on hold</Badge>}
          {alerts.map(({ code, subject, detail }) => (
            <Tooltip key={`${code} ${subject}`} label={detail} multiline maw={360}>
              <Badge component="span" color="red" tabIndex={0}>{alertWords(code).title}</Badge>
            </Tooltip>
          ))}
        </Group>
      ),
    },
    { header: 'Gates', wide: true, cell: ({ gates, tenant }) => <GateLights gates={gates} of={tenant} /> },
    { header: 'Held up', wide: true, cell: ({ blockedSince }) => (blockedSince === null ? '–' : duration(serverNowMs() - Date.parse(blockedSince))) },
  ];
  return (
    <>
      <PageTitle title="Close board" description="An invoice is finalized when every hour is sealed, every push is confirmed, and all counts agree." actions={<MonthSelect period={period} onChange={setPeriod} />} />
      <AwaitQuery query={board} rows={6}>
        {({ rows, totals }) =>
          rows.length === 0 ? (
            <Text size="sm" c="dimmed">No tenant used anything in {month(period)}.</Text>
          ) : (
            <Stack gap="md">
              <Group gap="sm">
                <Button disabled={chosen.size === 0} loading={finalize.isPending} onClick={() => finalize.mutate([...chosen])}>
                  {chosen.size === 0 ? 'Finalize chosen' : `Finalize ${plural(chosen.size, 'invoice')}`}
                </Button>
                <Text size="sm" c="dimmed">{plural(rows.filter(mayFinalize).length, 'draft')} may be finalized.</Text>
              </Group>
              {finalize.error === null ? null : <FailureAlert error={finalize.error} />}
              {finalize.data === undefined ? null : <Finalization items={finalize.data.items} rows={rows} />}
              <InvoiceTotals totals={totals} />
              <RecordTable label="Close board" columns={columns} rows={rows} rowKey={({ tenantId }) => tenantId} />
              <ShowMore query={board} />
            </Stack>
          )
        }
      </AwaitQuery>
    </>
  );
}

/** Gates of what comes after are not in the way. */
function mayFinalize(row: Row): row is Row & { invoiceId: string } {
  return row.invoiceId !== null && row.state === 'draft' && row.holdReason === null && row.gates.every(({ name, light }) => light !== 'red' || name === 'finalized' || name === 'paid');
}

const words = { done: 'finalized', approval_needed: 'waits for a second person', refused: 'refused' } as const;

function Finalization({ items, rows }: { items: Finalized; rows: readonly Row[] }) {
  const named = (id: string) => rows.find(({ invoiceId }) => invoiceId === id)?.tenant ?? id;
  return (
    <Alert color={items.some(({ outcome }) => outcome === 'refused') ? 'yellow' : 'petrol'} title="Outcome" role="status">
      {items.map(({ invoiceId, outcome, detail }) => (
        <Text size="sm" key={invoiceId}>{named(invoiceId)}: {words[outcome]}{detail === null ? '' : `. ${detail}`}</Text>
      ))}
    </Alert>
  );
}
