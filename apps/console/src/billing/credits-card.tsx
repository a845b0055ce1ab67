import { Group, Paper, Stack, Text, Title } from '@mantine/core';
import type { getCredits, Reply } from '@waybill/contracts';
import { RecordTable, type Column } from '../elements/record-table.js';
import { money } from '../words/money.js';
import { utcDay } from '../words/time.js';
import { TopUp } from './top-up.js';

type Credits = Reply<typeof getCredits>;
const sources: Readonly<Record<Credits['items'][number]['source'], string>> = { promotional: 'gift', purchased: 'bought', top_up: 'topped up', goodwill: 'goodwill' };

/** Credit, grant by grant in the order it is used, and buying more by itself. */
export function CreditsCard({ state }: { state: Credits }) {
  const columns: Column<Credits['items'][number]>[] = [
    { header: 'Grant', cell: ({ reason, source }) => reason || sources[source] },
    { header: 'From', wide: true, cell: ({ source }) => sources[source] },
    { header: 'Ends', wide: true, cell: ({ expiresAt }) => (expiresAt === null ? 'never' : utcDay(expiresAt)) },
    { header: 'Granted', right: true, wide: true, cell: ({ amountCents, currency }) => money(amountCents, currency) },
    { header: 'Left', right: true, wide: true, cell: ({ remainingCents, currency }) => money(remainingCents, currency) },
  ];
  return (
    <Stack gap="sm" component="section" aria-label="Credit">
      <Title order={2}>Credit</Title>
      <Paper p="md">
        <Group gap="xl">
          <Stack gap={0}>
            <Text size="xs" c="dimmed">Balance</Text>
            <Text fz="1.25rem" fw={600} className="figure">{money(state.balanceCents, state.currency)}</Text>
          </Stack>
          <Stack gap={0}>
            <Text size="xs" c="dimmed">If the month ended now</Text>
            <Text fz="1.25rem" fw={600} className="figure">{money(state.afterOpenPeriodCents, state.currency)}</Text>
          </Stack>
        </Group>
      </Paper>
      {state.items.length === 0 ? <Text size="sm" c="dimmed">There is no credit. It is used before an invoice has to be paid.</Text> : <RecordTable label="Credit grants" columns={columns} rows={state.items} rowKey={({ id }) => id} />}
      <TopUp key={JSON.stringify(state.topUp)} topUp={state.topUp} currency={state.currency} />
    </Stack>
  );
}
