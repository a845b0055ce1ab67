import { Button, Group, Paper, Progress, Stack, Text, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery } from '@tanstack/react-query';
import { putCap, type getCap, type Reply } from '@waybill/contracts';
import { useState } from 'react';
import { accountQuery, placesOf } from '../account/account.js';
import { callOperation } from '../api/control-plane.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { notice } from '../elements/notice.js';
import { amountText, centsOf, money } from '../words/money.js';
import { dateTime } from '../words/time.js';
import { useRefreshBilling } from './queries.js';

type CapState = Reply<typeof getCap>;

/** How much a month may cost: for the whole organisation, and for single namespaces. */
export function CapCard({ state }: { state: CapState }) {
  const { cap, currency } = state;
  const account = useQuery(accountQuery).data;
  const namespaces = account === undefined ? [] : placesOf(account).map(({ namespace }) => namespace);
  const refresh = useRefreshBilling();
  const [failure, setFailure] = useState<unknown>(null);
  const typed = (cents: string | null | undefined) => (cents === null || cents === undefined ? '' : amountText(cents, currency));
  const form = useForm({
    initialValues: { all: typed(cap.capCents), each: Object.fromEntries(cap.namespaces.map((one) => [one.namespace, typed(one.capCents)])) as Record<string, string> },
    validate: {
      all: (text) => amountFault(text, currency),
      each: (values) => (Object.values(values).some((text) => amountFault(text, currency) !== null) ? 'Correct the amounts of the namespaces.' : null),
    },
  });
  const save = useMutation({
    mutationFn: ({ all, each }: typeof form.values) =>
      callOperation(putCap, {
        body: {
          capCents: centsOf(all, currency),
          namespaces: Object.entries(each).flatMap(([namespace, text]) => {
            const capCents = centsOf(text, currency);
            return capCents === null ? [] : [{ namespace, capCents }];
          }),
        },
      }),
    onSuccess: async () => {
      await refresh();
      notice('The spend cap is in force within 10 seconds.');
    },
    onError: setFailure,
  });
  const last = state.notices.at(-1);
  return (
    <Stack gap="sm" component="section" aria-label="Spend cap">
      <Title order={2}>Spend cap</Title>
      <Paper p="md">
        <form
          noValidate
          onSubmit={form.onSubmit((values) => {
            setFailure(null);
            save.mutate(values);
          })}
        >
          <Stack gap="md">
            <Text size="sm">
              When a month has cost this much, publishing is refused. Receiving, settling and browsing go on, nothing is deleted, and queues go on costing by the minute. You get mail at 50, 80 and 100 %.
              {state.overshootCents === null ? '' : ` It is checked every 10 seconds, so the month can end at most ${money(state.overshootCents, currency)} above it.`}
            </Text>
            {state.percent === null ? null : (
              <Stack gap={4}>
                <Progress value={Math.min(100, state.percent)} color={state.percent >= 100 ? 'red' : state.percent >= 80 ? 'yellow' : 'petrol'} aria-label="Share of the cap that is spent" />
                <Text size="xs" c="dimmed" className="figure">
                  {money(state.spentCents, currency)} spent, {state.percent} %{last === undefined ? '' : `; last notice at ${last.percent} % on ${dateTime(last.sentAt)}`}
                </Text>
              </Stack>
            )}
            <TextInput label={`For everything, ${currency} a month`} description="Empty for no cap." inputMode="decimal" w={{ base: '100%', xs: 260 }} {...form.getInputProps('all')} />
            {namespaces.length === 0 ? null : (
              <Stack gap="xs" component="fieldset" m={0} p={0} style={{ border: 0 }}>
                <Text component="legend" size="sm" fw={550}>For single namespaces</Text>
                {namespaces.map(({ id, name }) => (
                  <TextInput
                    key={id}
                    label={name}
                    inputMode="decimal"
                    placeholder="no cap of its own"
                    w={{ base: '100%', xs: 260 }}
                    value={form.values.each[id] ?? ''}
                    onChange={(event) => form.setFieldValue('each', { ...form.values.each, [id]: event.currentTarget.value })}
                    error={amountFault(form.values.each[id] ?? '', currency)}
                  />
                ))}
              </Stack>
            )}
            {failure === null ? null : <FailureAlert error={failure} />}
            <Group>
              <Button type="submit" loading={save.isPending} disabled={!form.isDirty()}>Save cap</Button>
            </Group>
          </Stack>
        </form>
      </Paper>
    </Stack>
  );
}

function amountFault(text: string, currency: string): string | null {
  if (text.trim() === '') return null;
  const cents = centsOf(text, currency);
  return cents === null || cents === '0' ? 'Enter an amount above 0, like 50 or 49.90.' : null;
}
