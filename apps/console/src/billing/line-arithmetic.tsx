import { Paper, Stack, Text, Title } from '@mantine/core';
import type { InvoiceLineView } from '@waybill/contracts';
import { RecordTable, type Column } from '../elements/record-table.js';
import { count } from '../words/figures.js';
import { exactMoney, money, unitMoney } from '../words/money.js';
import { dateTime } from '../words/time.js';

type Tier = InvoiceLineView['tiers'][number];

interface LineArithmeticProps {
  readonly line: InvoiceLineView;
  readonly currency: string;
  readonly priceBook: string;
}

const rules: Readonly<Record<InvoiceLineView['kind'], string>> = {
  base: 'The fee of the plan for a month.',
  usage: 'Units of the month, tier by tier, rounded once to whole cents.',
  adjustment: 'A correction of an hour of an earlier month, which is closed and stays as it is.',
  included_credit: 'Usage that the fee of the plan pays for already.',
  minimum: 'What is missing to the minimum of the contract.',
  credit: 'Paid from credit, the grant that ends first before the others.',
};

/** Why this number: the rule, the tiers, the rounding. */
export function LineArithmetic({ line, currency, priceBook }: LineArithmeticProps) {
  const columns: Column<Tier>[] = [
    { header: 'Units', cell: ({ above, upTo }) => (upTo === null ? `above ${count(above)}` : `${count(BigInt(above) + 1n)} to ${count(upTo)}`) },
    { header: 'Quantity', right: true, wide: true, cell: ({ quantity }) => count(quantity) },
    { header: 'Unit price', right: true, wide: true, cell: ({ unitPrice, flatPrice }) => `${unitMoney(unitPrice, currency)}${flatPrice === '0' ? '' : ` + ${unitMoney(flatPrice, currency)}`}` },
    { header: 'Amount', right: true, wide: true, cell: ({ amountE12 }) => exactMoney(amountE12, currency) },
  ];
  return (
    <Stack gap="sm" component="section" aria-label="Why this number">
      <Title order={2}>Why this number</Title>
      <Text size="sm" c="dimmed">{rules[line.kind]} Price book {priceBook}.</Text>
      {line.adjustment === null ? null : <Text size="sm">Hour of {dateTime(line.adjustment.hour)}: {line.adjustment.reason}</Text>}
      {line.tiers.length === 0 ? null : <RecordTable label="Tiers" columns={columns} rows={line.tiers} rowKey={({ above }) => above} />}
      <Paper p="md">
        <Text size="sm" className="figure">
          Exactly {exactMoney(line.amountE12, currency)}{line.roundingE12 === '0' ? ', which needs no rounding' : `, rounded by ${exactMoney(line.roundingE12, currency)}`}: <strong>{money(line.amountCents, currency)}</strong>
        </Text>
        {line.evidence === null ? null : <Text size="xs" c="dimmed" mt={6}>Evidence (SHA-256 of the usage) <span className="name">{line.evidence}</span></Text>}
      </Paper>
    </Stack>
  );
}
