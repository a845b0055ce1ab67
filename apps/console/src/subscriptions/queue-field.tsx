import { Button, Group, Select } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { IconPlus } from '@tabler/icons-react';
import { CreateQueueDialog } from '../queues/create-queue-dialog.js';
import { queuesQuery } from '../queues/queries.js';

interface QueueFieldProps {
  readonly namespace: string;
  readonly value: string;
  readonly onChange: (queue: string) => void;
  readonly error: string | undefined;
  readonly disabled: boolean;
}

/** The queue whose messages are pushed: one that is there, or a new one made on the spot. */
export function QueueField({ namespace, value, onChange, error, disabled }: QueueFieldProps) {
  const queues = useInfiniteQuery(queuesQuery(namespace));
  const [creating, dialog] = useDisclosure(false);
  const names = (queues.data ?? []).map(({ name }) => name);
  return (
    <>
      <Group align="flex-end" gap="xs">
        <Select
          flex="1 1 220px" label="Queue" description="Its messages are pushed; nothing else should consume it." placeholder={names.length === 0 ? 'No queue yet' : 'Choose a queue'} withAsterisk searchable disabled={disabled}
          nothingFoundMessage="No queue is called this" data={value === '' || names.includes(value) ? names : [value, ...names]} value={value === '' ? null : value} onChange={(queue) => onChange(queue ?? '')} error={error}
        />
        {disabled ? null : <Button variant="default" leftSection={<IconPlus size={16} />} onClick={dialog.open}>New queue</Button>}
      </Group>
      {/* React hands the submit of the dialog's form up to the form this field is in. */}
      <div onSubmit={(event) => event.stopPropagation()}>
        <CreateQueueDialog opened={creating} onClose={dialog.close} onCreated={onChange} />
      </div>
    </>
  );
}
