import { NumberInput, Paper, SegmentedControl, SimpleGrid, Stack, Text, Textarea } from '@mantine/core';
import { SettingsGroup } from '../elements/settings-group.js';
import { seconds } from '../words/time.js';
import { deliveryBounds, type DeliveryDraft } from './delivery-draft.js';
import { delaysOf, scheduleFault, scheduleName, schedules, scheduleText, scheduleWords } from './schedule.js';

interface DeliveryFieldsProps {
  readonly draft: DeliveryDraft;
  readonly onChange: (draft: DeliveryDraft) => void;
  readonly faults: Partial<Record<keyof DeliveryDraft, string>>;
}

type Amount = keyof typeof deliveryBounds;

/** How a message is tried, whatever the destination. */
export function DeliveryFields({ draft, onChange, faults }: DeliveryFieldsProps) {
  const amount = (name: Amount, label: string, description: string, placeholder = '') => {
    const { least, most, whole } = deliveryBounds[name];
    return (
      <NumberInput
        label={label} description={description} placeholder={placeholder} min={least} max={most} clampBehavior="none" allowDecimal={!whole} thousandSeparator=","
        value={draft[name]} onChange={(value) => onChange({ ...draft, [name]: value })} error={faults[name]}
      />
    );
  };
  const chosen = scheduleName(draft.scheduleSeconds);
  const delays = delaysOf(draft.scheduleSeconds);
  const choose = (name: string) => {
    const schedule = schedules.find(({ value }) => value === name);
    onChange({ ...draft, scheduleSeconds: schedule === undefined ? draft.scheduleSeconds : scheduleText(schedule.delaysSeconds) });
  };
  const disableSeconds = Number(draft.disableAfterSeconds);
  return (
    <Stack gap="md">
      <SettingsGroup legend="Attempts">
        <Stack gap={6}>
          <Text size="sm" fw="var(--mantine-font-weight-medium)">Schedule</Text>
          <SegmentedControl aria-label="Schedule" data={schedules.map(({ value, label }) => ({ value, label }))} value={chosen === 'custom' ? '' : chosen} onChange={choose} fullWidth size="xs" />
          <Textarea
            aria-label="Delays before the attempts" autosize minRows={1} description="Delay before each attempt. Change it to make your own." spellCheck={false}
            value={draft.scheduleSeconds} onChange={(event) => onChange({ ...draft, scheduleSeconds: event.currentTarget.value })} error={faults.scheduleSeconds}
          />
          {delays === null || scheduleFault(draft.scheduleSeconds) !== null ? null : (
            <Paper px="sm" py={8} bg="var(--waybill-code)" withBorder={false}>
              <Text size="sm">{scheduleWords(delays)} After the last one the message goes to the dead letters.</Text>
            </Paper>
          )}
        </Stack>
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          {amount('timeoutSeconds', 'Time for a call, seconds', 'Connection included.')}
          {amount('jitter', 'Share left to chance', '0 to 1; what failed together does not come back together.')}
        </SimpleGrid>
      </SettingsGroup>
      <SettingsGroup legend="Speed">
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          {amount('concurrency', 'Calls at once', 'On their way at the same time.')}
          {amount('ratePerSecond', 'Calls per second', 'Begun per second, at most.', 'no limit')}
          {amount('batchMessages', 'Messages in a call', 'More than one makes a batch.')}
          {amount('batchWaitMs', 'Wait for more, milliseconds', 'How long a batch waits to fill.')}
        </SimpleGrid>
      </SettingsGroup>
      <SettingsGroup legend="When it keeps failing">
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          {amount('circuitFailures', 'Failures in a row', 'After which calls stop, but for a probe.')}
          {amount('circuitOpenSeconds', 'Seconds between probes', 'The first that succeeds starts it again.')}
        </SimpleGrid>
        {amount('disableAfterSeconds', 'Disable after seconds of failure', `Without any success${Number.isFinite(disableSeconds) && disableSeconds >= 60 ? ` (${seconds(disableSeconds)})` : ''}. The messages stay in the queue.`)}
      </SettingsGroup>
    </Stack>
  );
}
