import { NumberInput, Select, SimpleGrid, TextInput } from '@mantine/core';
import { queueLimits } from '@waybill/contracts';
import { SettingsGroup } from '../elements/settings-group.js';
import type { QueueForm } from './amount.js';

const { retryDelaySeconds, retryFactor } = queueLimits;

/** How long a released message waits when its consumer names no delay. */
export function RetryFields({ form }: { form: QueueForm }) {
  const { retry } = form.values;
  return (
    <SettingsGroup legend="Retries">
      <Select
        label="Delay before a released message comes back"
        description="When the consumer names no delay."
        data={[{ value: 'none', label: 'None' }, { value: 'list', label: 'A list of delays' }, { value: 'exponential', label: 'Growing delays' }]}
        {...form.getInputProps('retry')}
      />
      {retry === 'list' ? <TextInput label="Delays in seconds" description="One per delivery; the last one repeats." placeholder="1, 10, 60" autoComplete="off" {...form.getInputProps('delaysSeconds')} /> : null}
      {retry === 'exponential' ? (
        <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
          <NumberInput label="First, seconds" min={retryDelaySeconds.least} max={retryDelaySeconds.most} allowDecimal={false} {...form.getInputProps('firstSeconds')} />
          <NumberInput label="Then times" min={retryFactor.least} max={retryFactor.most} step={0.5} {...form.getInputProps('factor')} />
          <NumberInput label="At most, seconds" min={retryDelaySeconds.least} max={retryDelaySeconds.most} allowDecimal={false} {...form.getInputProps('maxSeconds')} />
        </SimpleGrid>
      ) : null}
      {retry === 'none' ? null : <NumberInput label="Share left to chance" description="0 to 1. What failed together then does not come back together." min={0} max={1} step={0.1} {...form.getInputProps('jitter')} />}
    </SettingsGroup>
  );
}
