import { Select, SimpleGrid, Text, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { adjustUsage } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';
import { dimensions } from '../usage/dimensions.js';
import { ActionDialog, ActionForm, reasonFault } from './action-dialog.js';
import { sayOutcome } from './outcome.js';

const causes = ['publish', 'dead-letter', 'replay', 'schedule'];
const required = (text: string) => (text.trim() === '' ? 'Fill this in.' : null);

export function AdjustUsageDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <ActionDialog opened={opened} onClose={onClose} title="Adjust usage">
      <AdjustUsageForm onClose={onClose} />
    </ActionDialog>
  );
}

function AdjustUsageForm({ onClose }: { onClose: () => void }) {
  const form = useForm({
    initialValues: { tenantId: '', namespaceId: '', hour: '', dimension: 'mq_messages', cause: 'publish', resourceId: '', delta: '', reason: '' },
    validate: {
      tenantId: required, namespaceId: required, resourceId: required, reason: reasonFault,
      hour: (text) => (Number.isNaN(Date.parse(`${text}Z`)) ? 'Choose the hour, UTC.' : null),
      delta: (text) => (/^-?[1-9]\d{0,14}$/.test(text) ? null : 'Enter a whole number, like -120.'),
    },
  });
  return (
    <ActionForm
      form={form}
      fields={['tenantId', 'namespaceId', 'hour', 'dimension', 'cause', 'resourceId', 'delta', 'reason']}
      byCode={{ tenant_not_found: 'tenantId', adjustment_invalid: 'delta' }}
      submit="Ask for the adjustment"
      onDone={onClose}
      run={async (values) => {
        const hour = `${values.hour.slice(0, 13)}:00:00Z`;
        sayOutcome(await callOperation(adjustUsage, { body: { ...values, hour } }), 'Usage adjusted.');
      }}
    >
      <Text size="sm">A closed hour is never changed. The difference becomes a line of its own in the open month, and another person must approve it.</Text>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
        <TextInput label="Tenant id" placeholder="tnt_…" spellCheck={false} autoCapitalize="none" data-autofocus {...form.getInputProps('tenantId')} />
        <TextInput label="Namespace id" placeholder="ns_…" spellCheck={false} autoCapitalize="none" {...form.getInputProps('namespaceId')} />
        <TextInput label="Hour, UTC" type="datetime-local" step={3600} {...form.getInputProps('hour')} />
        <TextInput label="Queue, exchange or namespace id" placeholder="q_…" spellCheck={false} autoCapitalize="none" {...form.getInputProps('resourceId')} />
        <Select label="What" data={dimensions.map(({ id, name }) => ({ value: id, label: name }))} {...form.getInputProps('dimension')} />
        <Select label="Cause" data={causes} {...form.getInputProps('cause')} />
      </SimpleGrid>
      <TextInput label="Units to add or take away" placeholder="-120" inputMode="numeric" {...form.getInputProps('delta')} />
      <Textarea label="Reason" autosize minRows={2} maxLength={500} {...form.getInputProps('reason')} />
    </ActionForm>
  );
}
