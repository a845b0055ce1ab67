import { Checkbox, Collapse, NumberInput, Radio, Stack, UnstyledButton } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { queueKinds, queueLimits } from '@waybill/contracts';
import { useId, useState } from 'react';
import { MoreSettings } from './more-settings.js';
import { moreFields } from './queue-draft.js';
import { queueKindWords } from './queue-words.js';
import { inWords, type QueueForm } from './amount.js';

export function KindField({ form }: { form: QueueForm }) {
  return (
    <Radio.Group label="Kind" description="It cannot be changed later." {...form.getInputProps('kind')}>
      <Stack gap="sm" mt="sm">
        {queueKinds.map((kind) => (
          <Radio key={kind} value={kind} label={kind} description={queueKindWords[kind]} />
        ))}
      </Stack>
    </Radio.Group>
  );
}

interface SettingsFieldsProps {
  readonly form: QueueForm;
  readonly namespace: string;
}

/** Lease and delivery limit, and the rest on request; the form is controlled, because fields follow each other. */
export function SettingsFields({ form, namespace }: SettingsFieldsProps) {
  const panel = useId();
  const [wanted, setWanted] = useState(false);
  // A fault in a field that nobody sees would leave the button without an effect.
  const opened = wanted || moreFields.some((field) => form.errors[field] !== undefined);
  return (
    <>
      <NumberInput
        label="Lease seconds"
        description={`How long a consumer may hold a message before it comes back to the queue${inWords(form.values.leaseSeconds)}.`}
        min={queueLimits.leaseSeconds.least}
        max={queueLimits.leaseSeconds.most}
        allowDecimal={false}
        {...form.getInputProps('leaseSeconds')}
      />
      <Stack gap={8}>
        <NumberInput
          label="Delivery limit"
          description="Deliveries without an accept after which a message goes to the dead letters."
          min={queueLimits.deliveryLimit.least}
          max={queueLimits.deliveryLimit.most}
          allowDecimal={false}
          disabled={form.values.unlimited}
          {...form.getInputProps('deliveryLimit')}
        />
        <Checkbox label="No delivery limit" {...form.getInputProps('unlimited', { type: 'checkbox' })} />
      </Stack>
      <UnstyledButton type="button" aria-expanded={opened} aria-controls={panel} onClick={() => setWanted(!opened)} fz="sm" fw={550} c="var(--mantine-primary-color-filled)" style={{ display: 'flex', alignItems: 'center', gap: 6 }}>
        {opened ? <IconChevronDown size={16} /> : <IconChevronRight size={16} />}
        More settings
      </UnstyledButton>
      <Collapse expanded={opened} id={panel}>
        {opened ? <MoreSettings form={form} namespace={namespace} /> : null}
      </Collapse>
    </>
  );
}
