import { Button, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { exportJournal, type getFinanceOverview, type Reply } from '@waybill/contracts';
import { IconDownload, IconGift, IconPencilPlus } from '@tabler/icons-react';
import { pathOf } from '../api/operation-call.js';
import { AwaitQuery } from '../elements/await-query.js';
import { FigureTile } from '../elements/figure-tile.js';
import { PageTitle } from '../elements/page-title.js';
import { count } from '../words/figures.js';
import { money } from '../words/money.js';
import { AdjustUsageDialog } from './adjust-usage-dialog.js';
import { AlertList } from './alert-list.js';
import { GrantCreditDialog } from './grant-credit-dialog.js';
import { MonthSelect, useClosingMonth } from './month-select.js';
import { overviewQuery } from './queries.js';

type Overview = Reply<typeof getFinanceOverview>;

export function OverviewPage() {
  const [period, setPeriod] = useClosingMonth();
  const overview = useQuery(overviewQuery(period));
  const [granting, grant] = useDisclosure(false);
  const [adjusting, adjust] = useDisclosure(false);
  const mayWrite = overview.data?.mayWrite === true;
  return (
    <>
      <PageTitle title="Finance" description="Money of all tenants. Message bodies are not to be seen here." actions={<MonthSelect period={period} onChange={setPeriod} />} />
      <AwaitQuery query={overview} rows={5}>
        {(figures) => (
          <Stack gap="lg">
            <Figures figures={figures} />
            <AlertList alerts={figures.alerts} mayWrite={mayWrite} />
            <Group gap="sm">
              <Button component="a" variant="default" leftSection={<IconDownload size={16} />} href={pathOf(exportJournal, {}, { period })} download>Journal as CSV</Button>
              <Button variant="default" leftSection={<IconGift size={16} />} onClick={grant.open} disabled={!mayWrite}>Grant credit</Button>
              <Button variant="default" leftSection={<IconPencilPlus size={16} />} onClick={adjust.open} disabled={!mayWrite}>Adjust usage</Button>
            </Group>
            <Text size="sm" c="dimmed">
              Billing runs {figures.mode === 'stripe' ? 'with Stripe: it makes the legal invoice and takes the money' : 'on the local ledger: invoices are paid by bank transfer and marked paid here'}.
              {figures.money.length === 0 ? '' : ` Above ${figures.money.map(({ currency }) => money(figures.twoPersonLimitCents, currency)).join(', ')} an action needs two persons.`}
              {figures.mayApprove ? ' You may be the second one.' : ''}
            </Text>
          </Stack>
        )}
      </AwaitQuery>
      <GrantCreditDialog opened={granting} onClose={grant.close} currencies={overview.data?.money.map(({ currency }) => currency) ?? []} />
      <AdjustUsageDialog opened={adjusting} onClose={adjust.close} />
    </>
  );
}

function Figures({ figures }: { figures: Overview }) {
  const attention = (value: number) => (value > 0 ? 'alarm' : 'plain');
  return (
    <Stack gap="md">
      {figures.money.length === 0 ? <Text size="sm" c="dimmed">There is no invoice yet, and nothing has been used this month.</Text> : null}
      {figures.money.map((money) => (
        <Stack key={money.currency} gap="xs" component="section" aria-label={`In ${money.currency}`}>
          {figures.money.length === 1 ? null : <Title order={2} size="h4">{money.currency}</Title>}
          <MoneyFigures figures={money} />
        </Stack>
      ))}
      <SimpleGrid cols={{ base: 2, sm: 3 }} spacing={{ base: 'xs', sm: 'md' }}>
        <FigureTile label="Waiting for approval" value={count(figures.openApprovals)} tone={attention(figures.openApprovals)} />
        <FigureTile label="Disputes" value={count(figures.openDisputes)} tone={attention(figures.openDisputes)} />
        <FigureTile label="On hold" value={count(figures.holds)} />
      </SimpleGrid>
    </Stack>
  );
}

function MoneyFigures({ figures }: { figures: Overview['money'][number] }) {
  const amount = (cents: string) => money(cents, figures.currency);
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 4 }} spacing={{ base: 'xs', sm: 'md' }}>
      <FigureTile label="Invoiced" value={amount(figures.invoicedCents)} />
      <FigureTile label="Paid" value={amount(figures.paidCents)} />
      <FigureTile label="Open" value={amount(figures.openCents)} />
      <FigureTile label="Overdue" value={amount(figures.overdueCents)} tone={figures.overdueCents === '0' ? 'plain' : 'alarm'} />
      <FigureTile label="In drafts" value={amount(figures.draftCents)} />
      <FigureTile label="Unbilled so far" value={amount(figures.unbilledCents)} />
      <FigureTile label="Credit owed" value={amount(figures.creditLiabilityCents)} help="What is left in credit grants: a liability." />
    </SimpleGrid>
  );
}
