import { Modal, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { putQueue, type Queue, type QueueInput } from '@waybill/contracts';
import { useState } from 'react';
import { callOperation } from '../api/control-plane.js';
import { FormFoot } from '../elements/form-foot.js';
import { notice } from '../elements/notice.js';
import { placeProblem } from '../elements/place-problem.js';
import { useRefreshTopology } from './queries.js';
import { bodyOf, draftFields, draftOf, draftRules, type QueueDraft } from './queue-draft.js';
import { SettingsFields } from './settings-fields.js';

interface SettingsDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly namespace: string;
  readonly queue: Queue;
}

export function SettingsDialog({ opened, onClose, ...rest }: SettingsDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Settings of ${rest.queue.name}`}>
      <SettingsForm onClose={onClose} {...rest} />
    </Modal>
  );
}

function SettingsForm({ onClose, namespace, queue }: Omit<SettingsDialogProps, 'opened'>) {
  const refresh = useRefreshTopology(namespace);
  const [failure, setFailure] = useState<unknown>(null);
  const form = useForm<QueueDraft>({ initialValues: draftOf(queue), validate: draftRules });
  const save = useMutation({
    mutationFn: async (body: QueueInput) => {
      await callOperation(putQueue, { params: { namespace, queue: queue.name }, body });
      await refresh();
    },
    onSuccess: () => {
      notice('Settings saved. They hold from now on.');
      onClose();
    },
    onError: (error) => setFailure(placeProblem(error, form, draftFields, { exchange_not_found: 'deadLetterExchange' })),
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => {
        setFailure(null);
        save.mutate(bodyOf(values));
      })}
    >
      <Stack gap="md">
        <SettingsFields form={form} namespace={namespace} />
        <FormFoot failure={failure} pending={save.isPending} submit="Save settings" onCancel={onClose} />
      </Stack>
    </form>
  );
}
