import { Badge, Box, Group, Paper, Text } from '@mantine/core';
import type { InvoiceLineView, InvoiceTaxView } from '@waybill/contracts';
import type { ReactNode } from 'react';
import { RecordTable, type Column } from '../elements/record-table.js';
import { count, inUnits } from '../words/figures.js';
import { money, unitMoney } from '../words/money.js';

interface Totals {
  readonly currency: string;
  readonly subtotalCents: string;
  readonly creditCents: string;
  readonly totalCents: string;
  /** As the invoice has it once it is final; left out before. */
  readonly taxes?: readonly InvoiceTaxView[];
  readonly lines: readonly InvoiceLineView[];
}

interface InvoiceLinesProps {
  readonly invoice: Totals;
  /** What the first column shows of a line; its description by default. */
  readonly name?: (line: InvoiceLineView) => ReactNode;
  readonly actions?: (line: InvoiceLineView) => ReactNode;
}

const dash = '–';
const hasUnits = ({ kind }: InvoiceLineView) => kind === 'usage' || kind === 'adjustment';

/** The lines of an invoice and their sum. */
export function InvoiceLines({ invoice, name = ({ description }) => description, actions }: InvoiceLinesProps) {
  const { currency, lines } = invoice;
  const columns: Column<InvoiceLineView>[] = [
    {
      header: 'Line',
      cell: (line) => (
        <Group component="span" gap={6}>
          {name(line)}
          {line.dispute?.state === 'open' ? <Badge component="span" color="yellow">disputed</Badge> : null}
          {line.creditedCents === '0' ? null : <Badge component="span" color="gray">{money(line.creditedCents, currency)} credited</Badge>}
        </Group>
      ),
    },
    { header: 'Quantity', right: true, wide: true, cell: (line) => (hasUnits(line) ? inUnits(line.quantity, line.unit) : dash) },
    { header: 'Free', right: true, wide: true, cell: (line) => (hasUnits(line) && line.freeQuantity !== '0' ? count(line.freeQuantity) : dash) },
    { header: 'Billed', right: true, wide: true, cell: (line) => (hasUnits(line) ? count(line.billedQuantity) : dash) },
    { header: 'Unit price', right: true, wide: true, cell: (line) => (hasUnits(line) ? unitMoney(line.unitPrice, currency) : dash) },
    { header: 'Amount', right: true, wide: true, cell: (line) => money(line.amountCents, currency) },
  ];
  return (
    <>
      <RecordTable label="Invoice lines" columns={columns} rows={lines} rowKey={({ id }) => id} {...(actions === undefined ? {} : { actions })} />
      <Sum invoice={invoice} />
    </>
  );
}

function Sum({ invoice: { currency, subtotalCents, creditCents, totalCents, taxes = [] } }: { invoice: Totals }) {
  const beforeTax = taxes.reduce((sum, { amountCents }) => sum - BigInt(amountCents), BigInt(totalCents));
  const rows = [
    { label: 'Subtotal', value: money(subtotalCents, currency) },
    ...(creditCents === '0' ? [] : [{ label: 'Paid from credit', value: `−${money(creditCents, currency)}` }]),
    { label: 'Total before tax', value: money(String(beforeTax), currency), strong: taxes.length === 0 },
    ...taxes.map((tax) => ({ label: taxName(tax), value: money(tax.amountCents, currency) })),
    ...(taxes.length === 0 ? [] : [{ label: 'Total', value: money(totalCents, currency), strong: true }]),
  ];
  return (
    <Paper p="md" ml="auto" w={{ base: '100%', xs: 320 }}>
      <Box component="dl" m={0}>
        {rows.map(({ label, value, strong = false }) => (
          <Group key={label} justify="space-between" align="baseline" gap="md" py={2} wrap="nowrap">
            <Text component="dt" size="sm" {...(strong ? { fw: 600 } : { c: 'dimmed' })}>{label}</Text>
            <Text component="dd" m={0} size={strong ? 'md' : 'sm'} fw={strong ? 650 : 500} className="figure">{value}</Text>
          </Group>
        ))}
      </Box>
    </Paper>
  );
}

/** `VAT DE 19 %` */
function taxName({ name, jurisdiction, percent, inclusive, reason }: InvoiceTaxView): string {
  const rate = reason === 'reverse_charge' ? 'reverse charge' : percent === null ? '' : `${percent} %`;
  return `${[name, jurisdiction ?? '', rate].filter((part) => part !== '').join(' ')}${inclusive ? ', included' : ''}`;
}
