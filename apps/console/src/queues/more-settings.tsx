import { Checkbox, Select, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { queueLimits } from '@waybill/contracts';
import { exchangesQuery } from '../exchanges/queries.js';
import { SettingsGroup } from '../elements/settings-group.js';
import { bytes } from '../words/figures.js';
import { RetryFields } from './retry-fields.js';
import { Amount, inWords, type QueueForm } from './amount.js';

/** Everything but lease and delivery limit; what makes no sense beside the other choices is not shown. */
export function MoreSettings({ form, namespace }: { form: QueueForm; namespace: string }) {
  const exchanges = useInfiniteQuery(exchangesQuery(namespace)).data ?? [];
  const { kind, maxMessages, maxBytes, messageTtlSeconds, windowSeconds, deadLetterExchange, deleteWhenIdleSeconds } = form.values;
  const limited = maxMessages !== '' || maxBytes !== '';
  return (
    <Stack gap="md">
      <SettingsGroup legend="Limits">
        <Amount form={form} field="messageTtlSeconds" bounds={queueLimits.messageTtlSeconds} label="Message lifetime in seconds" description={`Messages not settled by then go to the dead letters${inWords(messageTtlSeconds)}.`} />
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          <Amount form={form} field="maxMessages" bounds={queueLimits.maxMessages} label="Most messages" description="Not counting dead letters." />
          <Amount form={form} field="maxBytes" bounds={queueLimits.maxBytes} label="Most bytes" description={typeof maxBytes === 'number' ? bytes(maxBytes) : 'At least 1,024.'} />
        </SimpleGrid>
        {limited ? (
          <Select
            label="When the queue is full"
            data={[{ value: 'reject', label: 'Refuse new messages' }, { value: 'drop-oldest-to-dead-letters', label: 'Move the oldest to the dead letters' }]}
            {...form.getInputProps('overflow')}
          />
        ) : null}
      </SettingsGroup>
      <RetryFields form={form} />
      <SettingsGroup legend="Dead letters">
        <Select
          label="Send dead letters to"
          description="Without an exchange the queue keeps them."
          placeholder="the queue keeps them"
          clearable
          searchable
          nothingFoundMessage="No exchange is called this"
          clearButtonProps={{ 'aria-label': 'Keep them in the queue' }}
          data={exchanges.filter(({ builtIn }) => !builtIn).map(({ name }) => name)}
          {...form.getInputProps('deadLetterExchange')}
        />
        {deadLetterExchange === null ? null : (
          <TextInput label="With the routing key" placeholder="the one they had" autoComplete="off" autoCapitalize="none" spellCheck={false} {...form.getInputProps('deadLetterKey')} />
        )}
        {kind === 'fifo' ? (
          <Select
            label="When a group keeps failing"
            description="At the delivery limit of its first message."
            data={[{ value: 'dead-letter', label: 'Move that message to the dead letters and go on' }, { value: 'park-group', label: 'Park the group' }]}
            {...form.getInputProps('poison')}
          />
        ) : null}
      </SettingsGroup>
      <SettingsGroup legend="Duplicates">
        <Amount form={form} field="windowSeconds" bounds={queueLimits.dedupWindowSeconds} label="Drop duplicates for seconds" description={`A message that came before within this time is not stored again${inWords(windowSeconds)}.`} />
        {windowSeconds === '' ? null : (
          <Select label="A duplicate has" data={[{ value: 'id', label: 'the same dedup id' }, { value: 'body', label: 'the same dedup id, or without one the same body' }]} {...form.getInputProps('dedupBy')} />
        )}
      </SettingsGroup>
      <SettingsGroup legend="Consumers">
        <Checkbox label="One active consumer" description="The others stand by and take over when it is gone." {...form.getInputProps('singleActiveConsumer', { type: 'checkbox' })} />
        {kind === 'standard' ? <Checkbox label="Groups take turns" description="A busy group does not hold up the others." {...form.getInputProps('fair', { type: 'checkbox' })} /> : null}
        <Amount form={form} field="deleteWhenIdleSeconds" bounds={queueLimits.deleteWhenIdleSeconds} label="Delete when idle for seconds" description={`The queue is deleted when nobody published or received this long${inWords(deleteWhenIdleSeconds)}.`} />
      </SettingsGroup>
    </Stack>
  );
}
