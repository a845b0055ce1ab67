import { Button, Group, Select, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import type { Queue } from '@waybill/contracts';
import { useEffect, useRef, useState } from 'react';
import { useNamespaceId } from '../account/account.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { placeProblem } from '../elements/place-problem.js';
import { useCreateQueue } from '../queues/create-queue.js';
import { nameFault } from '../words/names.js';

interface QueueStepProps {
  readonly queues: readonly Queue[];
  readonly chosen: string | null;
  readonly onChosen: (queue: string) => void;
}

export function QueueStep({ queues, chosen, onChosen }: QueueStepProps) {
  const made = useRef(false);
  const next = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    // The button that was pressed is gone with its form: the focus goes on to what stands there now.
    if (made.current && queues.length > 0) next.current?.focus({ preventScroll: true });
  }, [queues.length]);
  if (queues.length === 0) {
    return <FirstQueue onCreating={() => (made.current = true)} onCreated={onChosen} />;
  }
  if (queues.length === 1) return <Text ref={next} tabIndex={-1} size="sm" c="dimmed">The commands below use <span className="name">{chosen}</span>.</Text>;
  return <Select label="Queue for the commands below" maw={320} searchable data={queues.map((queue) => queue.name)} value={chosen} onChange={(name) => name !== null && onChosen(name)} />;
}

function FirstQueue({ onCreating, onCreated }: { onCreating: () => void; onCreated: (queue: string) => void }) {
  const createQueue = useCreateQueue(useNamespaceId());
  const [failure, setFailure] = useState<unknown>(null);
  const form = useForm({ mode: 'uncontrolled', initialValues: { name: 'orders' }, validate: { name: nameFault } });
  const create = useMutation({
    mutationFn: ({ name }: { name: string }) => createQueue({ name, leaseSeconds: 30, deliveryLimit: 10 }),
    onSuccess: (queue) => onCreated(queue.name),
    onError: (error) => setFailure(placeProblem(error, form, ['name'], { name_invalid: 'name' })),
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => {
        setFailure(null);
        onCreating();
        create.mutate(values);
      })}
    >
      <Group align="flex-start" gap="xs">
        <TextInput label="Queue name" w={{ base: '100%', xs: 260 }} autoComplete="off" autoCapitalize="none" spellCheck={false} key={form.key('name')} {...form.getInputProps('name')} />
        <Button type="submit" mt={{ base: 0, xs: 23 }} loading={create.isPending}>Create queue</Button>
      </Group>
      {failure === null ? null : <FailureAlert error={failure} />}
    </form>
  );
}
