import { Group, Paper, Select, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { PlanView } from '@waybill/contracts';
import { useState } from 'react';
import { AwaitQuery } from '../elements/await-query.js';
import { FigureTile } from '../elements/figure-tile.js';
import { lastMonths, money, month } from '../words/money.js';
import { serverNowMs } from '../words/server-time.js';
import { InvoiceLines } from './invoice-lines.js';
import { whatIfQuery } from './queries.js';

/** A month that happened, on a plan that was not chosen. */
export function WhatIf({ plans }: { plans: readonly PlanView[] }) {
  const months = lastMonths(serverNowMs(), 13);
  const [plan, setPlan] = useState<string | null>(null);
  const [period, setPeriod] = useState(months[1] ?? months[0] ?? '');
  const comparison = useQuery({ ...whatIfQuery(plan ?? '', period), enabled: plan !== null });
  return (
    <Stack gap="sm" component="section" aria-label="Another plan">
      <Title order={2}>Another plan</Title>
      <Paper p="md">
        <Group align="flex-end" gap="md">
          <Select label="Month" w={{ base: '100%', xs: 200 }} data={months.map((value) => ({ value, label: month(value) }))} value={period} onChange={(value) => value !== null && setPeriod(value)} />
          <Select label="Plan" placeholder="Choose a plan" w={{ base: '100%', xs: 240 }} data={plans.map(({ name, title }) => ({ value: name, label: title }))} value={plan} onChange={setPlan} />
        </Group>
      </Paper>
      {plan === null ? (
        <Text size="sm" c="dimmed">Choose a plan to see what the real usage of a month would have cost on it.</Text>
      ) : (
        <AwaitQuery query={comparison} rows={4}>
          {({ actual, other, differenceCents }) => {
            const cheaper = BigInt(differenceCents) < 0n;
            return (
              <>
                <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="md">
                  <FigureTile label="As it was" value={money(actual.subtotalCents, actual.currency)} />
                  <FigureTile label="On the other plan" value={money(other.subtotalCents, other.currency)} />
                  <FigureTile label={cheaper ? 'Cheaper by' : 'Dearer by'} value={money(cheaper ? -BigInt(differenceCents) : differenceCents, other.currency)} />
                </SimpleGrid>
                <InvoiceLines invoice={other} />
              </>
            );
          }}
        </AwaitQuery>
      )}
    </Stack>
  );
}
