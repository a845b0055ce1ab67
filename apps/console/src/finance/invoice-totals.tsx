import { Stack, Text } from '@mantine/core';
import type { listFinanceInvoices, Reply } from '@waybill/contracts';
import { plural } from '../words/figures.js';
import { money } from '../words/money.js';

/** A sentence for each currency: amounts of two are never added. */
export function InvoiceTotals({ totals }: { totals: Reply<typeof listFinanceInvoices>['totals'] }) {
  return (
    <Stack gap={2}>
      {totals.map(({ currency, count, totalCents, dueCents }) => (
        <Text key={currency} size="sm" className="figure">{plural(count, 'invoice')}{totals.length === 1 ? '' : ` in ${currency}`}, {money(totalCents, currency)} in all, {money(dueCents, currency)} open.</Text>
      ))}
    </Stack>
  );
}
