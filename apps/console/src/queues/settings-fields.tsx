import { Checkbox, NumberInput, Stack } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { seconds } from '../words/time.js';

export interface QueueSettings {
  leaseSeconds: number | string;
  deliveryLimit: number | string;
  unlimited: boolean;
}

/** The contract's defaults, shown instead of hidden behind empty fields. */
export const usualSettings: QueueSettings = { leaseSeconds: 30, deliveryLimit: 10, unlimited: false };

const wholeWithin = (value: number | string, least: number, most: number): boolean => typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;

export const settingsRules = {
  leaseSeconds: (value: number | string) => (wholeWithin(value, 0, 86_400) ? null : 'Use whole seconds from 0 to 86,400 (24 hours).'),
  deliveryLimit: (value: number | string, values: QueueSettings) => (values.unlimited || wholeWithin(value, 1, 1_000) ? null : 'Use a whole number from 1 to 1,000.'),
};

export function settingsBody({ leaseSeconds, deliveryLimit, unlimited }: QueueSettings) {
  return { leaseSeconds: Number(leaseSeconds), deliveryLimit: unlimited ? null : Number(deliveryLimit) };
}

interface SettingsFieldsProps<Values extends QueueSettings> {
  readonly form: UseFormReturnType<Values>;
}

/** Lease and delivery limit; the form is controlled, because the limit follows the tick box. */
export function SettingsFields<Values extends QueueSettings>({ form }: SettingsFieldsProps<Values>) {
  const lease = form.values.leaseSeconds;
  return (
    <>
      <NumberInput
        label="Lease seconds"
        description={`How long a consumer may hold a message before it comes back to the queue${typeof lease === 'number' && lease >= 60 && lease % 60 === 0 ? `: ${seconds(lease)}` : ''}.`}
        min={0}
        max={86_400}
        allowDecimal={false}
        {...form.getInputProps('leaseSeconds')}
      />
      <Stack gap={8}>
        <NumberInput
          label="Delivery limit"
          description="Deliveries without an accept after which a message goes to the dead letters."
          min={1}
          max={1_000}
          allowDecimal={false}
          disabled={form.values.unlimited}
          {...form.getInputProps('deliveryLimit')}
        />
        <Checkbox label="No delivery limit" {...form.getInputProps('unlimited', { type: 'checkbox' })} />
      </Stack>
    </>
  );
}
