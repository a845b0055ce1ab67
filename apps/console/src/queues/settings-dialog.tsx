import { Modal, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { putQueue, type Queue } from '@waybill/contracts';
import { useState } from 'react';
import { callOperation } from '../api/control-plane.js';
import { FormFoot } from '../elements/form-foot.js';
import { notice } from '../elements/notice.js';
import { placeProblem } from '../elements/place-problem.js';
import { useRefreshTopology } from './queries.js';
import { SettingsFields, settingsBody, settingsRules, usualSettings } from './settings-fields.js';

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
  const form = useForm({
    initialValues: { leaseSeconds: queue.leaseSeconds as number | string, deliveryLimit: queue.deliveryLimit ?? usualSettings.deliveryLimit, unlimited: queue.deliveryLimit === null },
    validate: settingsRules,
  });
  const save = useMutation({
    mutationFn: async (body: ReturnType<typeof settingsBody>) => {
      await callOperation(putQueue, { params: { namespace, queue: queue.name }, body });
      await refresh();
    },
    onSuccess: () => {
      notice('Settings saved. They hold for leases from now on.');
      onClose();
    },
    onError: (error) => setFailure(placeProblem(error, form, ['leaseSeconds', 'deliveryLimit'])),
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => {
        setFailure(null);
        save.mutate(settingsBody(values));
      })}
    >
      <Stack gap="md">
        <SettingsFields form={form} />
        <FormFoot failure={failure} pending={save.isPending} submit="Save settings" onCancel={onClose} />
      </Stack>
    </form>
  );
}
