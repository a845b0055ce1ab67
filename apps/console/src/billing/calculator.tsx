import { Button, Group, Paper, Select, SimpleGrid, Stack, Text, TextInput, Title, Tooltip } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { calculatePrice, type PlanView } from '@waybill/contracts';
import { useState } from 'react';
import { callOperation } from '../api/control-plane.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { dimensions } from '../usage/dimensions.js';
import { count } from '../words/figures.js';
import { InvoiceLines } from './invoice-lines.js';

const billable = dimensions.filter(({ id }) => id !== 'mq_unroutable');
const whole = /^\d{0,15}$/;
/** As one reads it; what is typed is read without the commas. */
const grouped = (digits: string): string => (digits === '' ? '' : count(digits));

/** Quantities in, the lines of an invoice out; computed where invoices are. */
export function Calculator({ plans }: { plans: readonly PlanView[] }) {
  const [plan, setPlan] = useState(plans[0]?.name ?? '');
  const [quantities, setQuantities] = useState<Readonly<Record<string, string>>>({ mq_messages: '10000000', mq_kib_in: '20000000', mq_queue_passes: '15000000' });
  const calculate = useMutation({
    mutationFn: () => callOperation(calculatePrice, { body: { plan, quantities: Object.fromEntries(Object.entries(quantities).filter(([, quantity]) => quantity !== '')) } }),
  });
  return (
    <Stack gap="sm" component="section" aria-label="Price calculator">
      <Title order={2}>Price calculator</Title>
      <Paper p="md">
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            calculate.mutate();
          }}
        >
          <Stack gap="md">
            <Select label="Plan" w={{ base: '100%', xs: 260 }} data={plans.map(({ name, title }) => ({ value: name, label: title }))} value={plan} onChange={(value) => value !== null && setPlan(value)} />
            <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="md">
              {billable.map(({ id, name, help }) => (
                <TextInput
                  key={id}
                  label={<Tooltip label={help}><span style={{ borderBottom: '1px dotted currentColor', cursor: 'help' }}>{name}</span></Tooltip>}
                  aria-label={name}
                  inputMode="numeric"
                  placeholder="0"
                  value={grouped(quantities[id] ?? '')}
                  onChange={(event) => {
                    const text = event.currentTarget.value.replace(/[\s,]/g, '');
                    if (whole.test(text)) setQuantities({ ...quantities, [id]: text });
                  }}
                />
              ))}
            </SimpleGrid>
            <Text size="xs" c="dimmed">Of one month. A queue that exists all month counts 43,200 queue minutes in 30 days.</Text>
            {calculate.error === null ? null : <FailureAlert error={calculate.error} />}
            <Group><Button type="submit" loading={calculate.isPending}>Calculate</Button></Group>
          </Stack>
        </form>
      </Paper>
      {calculate.data === undefined ? null : <InvoiceLines invoice={{ ...calculate.data, creditCents: '0', totalCents: calculate.data.subtotalCents }} />}
    </Stack>
  );
}
