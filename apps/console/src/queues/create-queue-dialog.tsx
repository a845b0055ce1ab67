import { Modal, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { usualQueue } from '@waybill/contracts';
import { useState } from 'react';
import { useNamespaceId } from '../account/account.js';
import { FormFoot } from '../elements/form-foot.js';
import { notice } from '../elements/notice.js';
import { placeProblem } from '../elements/place-problem.js';
import { nameFault, nameRule } from '../words/names.js';
import { useCreateQueue } from './create-queue.js';
import { bodyOf, draftFields, draftOf, draftRules, type QueueDraft } from './queue-draft.js';
import { KindField, SettingsFields } from './settings-fields.js';
import type { QueueForm } from './amount.js';

interface CreateQueueDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onCreated: (queue: string) => void;
}

export function CreateQueueDialog({ opened, onClose, onCreated }: CreateQueueDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Create queue">
      <CreateQueueForm onClose={onClose} onCreated={onCreated} />
    </Modal>
  );
}

function CreateQueueForm({ onClose, onCreated }: Omit<CreateQueueDialogProps, 'opened'>) {
  const namespace = useNamespaceId();
  const createQueue = useCreateQueue(namespace);
  const [failure, setFailure] = useState<unknown>(null);
  const form = useForm<QueueDraft & { name: string }>({ initialValues: { name: '', ...draftOf(usualQueue) }, validate: { name: nameFault, ...draftRules } });
  // The fields write no name.
  const settings = form as unknown as QueueForm;
  const create = useMutation({
    mutationFn: createQueue,
    onSuccess: (queue) => {
      notice(`Queue ${queue.name} created.`);
      onClose();
      onCreated(queue.name);
    },
    onError: (error) => setFailure(placeProblem(error, form, ['name', ...draftFields], { name_invalid: 'name', exchange_not_found: 'deadLetterExchange' })),
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => {
        setFailure(null);
        create.mutate({ name: values.name, ...bodyOf(values) });
      })}
    >
      <Stack gap="md">
        <TextInput label="Name" description={nameRule} placeholder="orders" autoComplete="off" autoCapitalize="none" spellCheck={false} data-autofocus {...form.getInputProps('name')} />
        <KindField form={settings} />
        <SettingsFields form={settings} namespace={namespace} />
        <FormFoot failure={failure} pending={create.isPending} submit="Create queue" onCancel={onClose} />
      </Stack>
    </form>
  );
}
