import { Badge, Button, Group, Stack, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { changePlan, type BillingView, type PlanView } from '@waybill/contracts';
import { useState } from 'react';
import { callOperation } from '../api/control-plane.js';
import { ConfirmDialog } from '../elements/confirm-dialog.js';
import { notice } from '../elements/notice.js';
import { RecordTable, type Column } from '../elements/record-table.js';
import { money } from '../words/money.js';
import { utcDay } from '../words/time.js';
import { modelWords, planExtras } from './plan-words.js';
import { useRefreshBilling } from './queries.js';

interface PlanTableProps {
  readonly billing: BillingView;
  readonly plans: readonly PlanView[];
}

/** The plans one can take oneself, and those made by contract, which are only shown. */
export function PlanTable({ billing, plans }: PlanTableProps) {
  const refresh = useRefreshBilling();
  const [chosen, setChosen] = useState<PlanView | null>(null);
  const change = useMutation({
    mutationFn: (plan: PlanView) => callOperation(changePlan, { body: { plan: plan.name } }),
    onSuccess: async (_billing, plan) => {
      await refresh();
      setChosen(null);
      notice(plan.name === billing.plan.name ? `You stay with ${plan.title}.` : `${plan.title} begins with the next month.`);
    },
  });
  const coming = billing.next?.plan ?? null;
  const columns: Column<PlanView>[] = [
    {
      header: 'Plan',
      cell: (plan) => (
        <Group component="span" gap={6}>
          <span style={{ fontWeight: 600 }}>{plan.title}</span>
          {plan.name === billing.plan.name ? <Badge component="span" color="petrol">now</Badge> : null}
          {plan.name === coming ? <Badge component="span" color="yellow">next month</Badge> : null}
        </Group>
      ),
    },
    { header: 'Fee', right: true, wide: true, cell: (plan) => `${money(plan.baseFeeCents, plan.currency)} a month` },
    { header: 'Priced', wide: true, cell: (plan) => <span style={{ whiteSpace: 'normal' }}>{modelWords(plan)}</span> },
    { header: 'With it', wide: true, cell: (plan) => <span style={{ whiteSpace: 'normal' }}>{planExtras(plan) || '–'}</span> },
  ];
  const action = (plan: PlanView) => {
    const here = plan.name === billing.plan.name;
    if (plan.name === coming || (here && coming === null)) return null;
    if (plan.currency !== billing.currency) return <Text component="span" size="xs" c="dimmed">in {plan.currency}</Text>;
    if (!plan.selfService) return <Text component="span" size="xs" c="dimmed">by contract</Text>;
    return <Button size="compact-sm" variant="default" onClick={() => setChosen(plan)} aria-label={here ? `Stay with ${plan.title}` : `Choose ${plan.title}`}>{here ? 'Stay' : 'Choose'}</Button>;
  };
  return (
    <Stack gap="sm" component="section" aria-label="Plans">
      <Title order={2}>Plans</Title>
      {plans.every(({ currency }) => currency === billing.currency) ? null : <Text size="sm" c="dimmed">You are billed in {billing.currency}. Plans with prices in another currency cannot be taken here: a change of plan is made by contract.</Text>}
      <RecordTable label="Plans" columns={columns} rows={plans} rowKey={({ name }) => name} actions={action} />
      <ConfirmDialog
        opened={chosen !== null}
        onClose={() => {
          change.reset();
          setChosen(null);
        }}
        title={chosen === null ? '' : `${chosen.title} from ${utcDay(billing.periodEnd)}?`}
        confirmLabel={chosen === null ? '' : chosen.name === billing.plan.name ? `Stay with ${chosen.title}` : `Change to ${chosen.title}`}
        onConfirm={() => chosen !== null && change.mutate(chosen)}
        pending={change.isPending}
        error={change.error}
      >
        {chosen === null ? '' : `This month stays on ${billing.plan.title}. ${chosen.title} costs ${money(chosen.baseFeeCents, chosen.currency)} a month before usage. You can change your mind until it begins.`}
      </ConfirmDialog>
    </Stack>
  );
}
