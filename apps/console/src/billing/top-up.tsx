import { Button, Group, NumberInput, Paper, SimpleGrid, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { putTopUp, type getCredits, type Reply } from '@waybill/contracts';
import { useState } from 'react';
import { callOperation } from '../api/control-plane.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { notice } from '../elements/notice.js';
import { amountText, centsOf } from '../words/money.js';
import { useRefreshBilling } from './queries.js';

interface TopUpProps {
  readonly topUp: Reply<typeof getCredits>['topUp'];
  readonly currency: string;
}

/** Buys credit by itself when it runs low, never more than the ceiling a month. */
export function TopUp({ topUp, currency }: TopUpProps) {
  const refresh = useRefreshBilling();
  const [failure, setFailure] = useState<unknown>(null);
  const text = (cents: string | undefined, usual: string) => (cents === undefined ? usual : amountText(cents, currency));
  const fault = (value: string) => (centsOf(value, currency) === null || centsOf(value, currency) === '0' ? 'Enter an amount above 0.' : null);
  const form = useForm({
    initialValues: {
      on: topUp !== null, amount: text(topUp?.amountCents, '50'), below: text(topUp?.belowCents, '10'), ceiling: text(topUp?.monthlyCeilingCents, '200'), hours: topUp?.coolDownHours ?? 24,
    },
    validate: { amount: fault, below: fault, ceiling: fault },
  });
  const save = useMutation({
    mutationFn: ({ on, amount, below, ceiling, hours }: typeof form.values) =>
      callOperation(putTopUp, {
        body: {
          topUp: on
            ? { amountCents: centsOf(amount, currency) ?? '', belowCents: centsOf(below, currency) ?? '', monthlyCeilingCents: centsOf(ceiling, currency) ?? '', coolDownHours: hours }
            : null,
        },
      }),
    onSuccess: async (_done, { on }) => {
      await refresh();
      notice(on ? 'Credit is bought by itself when it runs low.' : 'No credit is bought by itself any more.');
    },
    onError: setFailure,
  });
  return (
    <Paper p="md">
      <form
        noValidate
        onSubmit={form.onSubmit((values) => {
          setFailure(null);
          save.mutate(values);
        })}
      >
        <Stack gap="md">
          <Switch label="Buy credit when it runs low" {...form.getInputProps('on', { type: 'checkbox' })} />
          {!form.values.on ? null : (
            <>
              <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="md">
                <TextInput label={`When less than, ${currency}`} inputMode="decimal" {...form.getInputProps('below')} />
                <TextInput label={`Buy, ${currency}`} inputMode="decimal" {...form.getInputProps('amount')} />
                <TextInput label={`At most a month, ${currency}`} inputMode="decimal" {...form.getInputProps('ceiling')} />
                <NumberInput label="Hours between two" min={1} max={744} allowDecimal={false} {...form.getInputProps('hours')} />
              </SimpleGrid>
              <Text size="xs" c="dimmed">Each purchase is charged like an invoice.</Text>
            </>
          )}
          {failure === null ? null : <FailureAlert error={failure} />}
          <Group>
            <Button type="submit" variant="default" loading={save.isPending} disabled={!form.isDirty()}>Save</Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  );
}
