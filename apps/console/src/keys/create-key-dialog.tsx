import { Checkbox, Modal, Select, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { createApiKey } from '@waybill/contracts';
import { useState } from 'react';
import { useNamespaceId } from '../account/account.js';
import { callOperation } from '../api/control-plane.js';
import { FormFoot } from '../elements/form-foot.js';
import { placeProblem } from '../elements/place-problem.js';
import { nameFault, nameRule } from '../words/names.js';
import { serverNowMs } from '../words/server-time.js';
import { KeySecret } from './key-secret.js';
import { useKeepFreshKey } from './queries.js';
import { scopeWords, type Scope } from './scopes.js';

const lives = [
  { value: '', label: 'Never' },
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '365', label: 'In a year' },
];
const dayMs = 86_400_000;

interface CreateKeyDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** Two steps: the form, then the secret. The second is left with its own button only, so that no stray click loses the key. */
export function CreateKeyDialog({ opened, onClose }: CreateKeyDialogProps) {
  const [secret, setSecret] = useState<string | null>(null);
  const close = () => {
    setSecret(null);
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} title={secret === null ? 'Create key' : 'Copy your key now'} closeOnClickOutside={secret === null} closeOnEscape={secret === null} withCloseButton={secret === null} size={secret === null ? 'md' : 'lg'}>
      {secret === null ? <CreateKeyForm onClose={close} onCreated={setSecret} /> : <KeySecret secret={secret} onDone={close} />}
    </Modal>
  );
}

function CreateKeyForm({ onClose, onCreated }: { onClose: () => void; onCreated: (secret: string) => void }) {
  const namespace = useNamespaceId();
  const queryClient = useQueryClient();
  const keepFresh = useKeepFreshKey(namespace);
  const [failure, setFailure] = useState<unknown>(null);
  const form = useForm({
    initialValues: { name: '', scopes: ['publish', 'consume'] as Scope[], days: '' },
    validate: { name: nameFault, scopes: (scopes) => (scopes.length === 0 ? 'Choose at least one scope.' : null) },
  });
  const create = useMutation({
    mutationFn: ({ name, scopes, days }: typeof form.values) =>
      callOperation(createApiKey, {
        params: { namespace },
        body: { name, scopes, ...(days === '' ? {} : { expiresAt: new Date(serverNowMs() + Number(days) * dayMs).toISOString() }) },
      }),
    onSuccess: ({ secret }) => {
      keepFresh(secret);
      onCreated(secret);
      void queryClient.invalidateQueries({ queryKey: ['keys', namespace] });
    },
    onError: (error) => setFailure(placeProblem(error, form, ['name', 'scopes'], { name_invalid: 'name' })),
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => {
        setFailure(null);
        create.mutate(values);
      })}
    >
      <Stack gap="md">
        <TextInput label="Name" description={nameRule} placeholder="billing-service" autoComplete="off" autoCapitalize="none" spellCheck={false} data-autofocus {...form.getInputProps('name')} />
        <Checkbox.Group label="Scopes" {...form.getInputProps('scopes')}>
          <Stack gap="sm" mt={6}>
            {scopeWords.map(({ scope, label, description }) => <Checkbox key={scope} value={scope} label={label} description={description} />)}
          </Stack>
        </Checkbox.Group>
        <Select label="Expires" data={lives} {...form.getInputProps('days')} />
        <FormFoot failure={failure} pending={create.isPending} submit="Create key" onCancel={onClose} />
      </Stack>
    </form>
  );
}
