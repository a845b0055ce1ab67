import { Modal, Radio, Stack, TextInput } from '@mantine/core';
import { useForm, type UseFormReturnType } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { exchangeKinds, getExchange, putExchange } from '@waybill/contracts';
import { useState } from 'react';
import { useNamespaceId } from '../account/account.js';
import { callOperation } from '../api/control-plane.js';
import { refuseTakenName } from '../api/name-taken.js';
import { FormFoot } from '../elements/form-foot.js';
import { notice } from '../elements/notice.js';
import { placeProblem } from '../elements/place-problem.js';
import { useRefreshTopology } from '../queues/queries.js';
import { nameFault, nameRule } from '../words/names.js';
import { exchangeBodyOf, exchangeFields, exchangeRules, usualExchange, type ExchangeDraft } from './exchange-draft.js';
import { ExchangeSettingsFields } from './exchange-settings-fields.js';
import { kindWords } from './kinds.js';

interface CreateExchangeDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onCreated: (exchange: string) => void;
}

export function CreateExchangeDialog({ opened, onClose, onCreated }: CreateExchangeDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Create exchange">
      <CreateExchangeForm onClose={onClose} onCreated={onCreated} />
    </Modal>
  );
}

function CreateExchangeForm({ onClose, onCreated }: Omit<CreateExchangeDialogProps, 'opened'>) {
  const namespace = useNamespaceId();
  const refresh = useRefreshTopology(namespace);
  const [failure, setFailure] = useState<unknown>(null);
  const form = useForm<ExchangeDraft & { name: string }>({ initialValues: { name: '', ...usualExchange }, validate: { name: nameFault, ...exchangeRules } });
  const create = useMutation({
    mutationFn: async ({ name, ...draft }: ExchangeDraft & { name: string }) => {
      const params = { namespace, exchange: name };
      await refuseTakenName(name, () => callOperation(getExchange, { params }));
      const exchange = await callOperation(putExchange, { params, body: exchangeBodyOf(draft) });
      await refresh();
      return exchange;
    },
    onSuccess: ({ name }) => {
      notice(`Exchange ${name} created.`);
      onClose();
      onCreated(name);
    },
    onError: (error) => setFailure(placeProblem(error, form, ['name', ...exchangeFields], { name_invalid: 'name', exchange_conflict: 'name', exchange_builtin: 'name', exchange_not_found: 'alternate', binding_loop: 'alternate' })),
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
        <TextInput label="Name" description={nameRule} placeholder="events" autoComplete="off" autoCapitalize="none" spellCheck={false} data-autofocus {...form.getInputProps('name')} />
        <Radio.Group label="Kind" description="How it chooses the bindings of a message. It cannot be changed later." {...form.getInputProps('kind')}>
          <Stack gap="sm" mt="sm">
            {exchangeKinds.map((kind) => (
              <Radio key={kind} value={kind} label={kind} description={kindWords[kind]} />
            ))}
          </Stack>
        </Radio.Group>
        {/* The fields write no name. */}
        <ExchangeSettingsFields form={form as unknown as UseFormReturnType<ExchangeDraft>} namespace={namespace} name={form.values.name} />
        <FormFoot failure={failure} pending={create.isPending} submit="Create exchange" onCancel={onClose} />
      </Stack>
    </form>
  );
}
