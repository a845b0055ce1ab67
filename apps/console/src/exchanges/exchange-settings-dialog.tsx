import { Modal, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { putExchange, type Exchange, type ExchangeKind } from '@waybill/contracts';
import { useState } from 'react';
import { callOperation } from '../api/control-plane.js';
import { FormFoot } from '../elements/form-foot.js';
import { notice } from '../elements/notice.js';
import { placeProblem } from '../elements/place-problem.js';
import { useRefreshTopology } from '../queues/queries.js';
import { exchangeBodyOf, exchangeDraftOf, exchangeFields, exchangeRules, type ExchangeDraft } from './exchange-draft.js';
import { ExchangeSettingsFields } from './exchange-settings-fields.js';

interface ExchangeSettingsDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly namespace: string;
  readonly exchange: Exchange & { readonly kind: ExchangeKind };
}

export function ExchangeSettingsDialog({ opened, onClose, ...rest }: ExchangeSettingsDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Settings of ${rest.exchange.name}`}>
      <ExchangeSettingsForm onClose={onClose} {...rest} />
    </Modal>
  );
}

function ExchangeSettingsForm({ onClose, namespace, exchange }: Omit<ExchangeSettingsDialogProps, 'opened'>) {
  const refresh = useRefreshTopology(namespace);
  const [failure, setFailure] = useState<unknown>(null);
  const form = useForm<ExchangeDraft>({ initialValues: exchangeDraftOf(exchange), validate: exchangeRules });
  const save = useMutation({
    mutationFn: async (draft: ExchangeDraft) => {
      await callOperation(putExchange, { params: { namespace, exchange: exchange.name }, body: exchangeBodyOf(draft) });
      await refresh();
    },
    onSuccess: () => {
      notice('Settings saved. They hold for messages from now on.');
      onClose();
    },
    onError: (error) => setFailure(placeProblem(error, form, exchangeFields, { exchange_not_found: 'alternate', binding_loop: 'alternate' })),
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((draft) => {
        setFailure(null);
        save.mutate(draft);
      })}
    >
      <Stack gap="md">
        <ExchangeSettingsFields form={form} namespace={namespace} name={exchange.name} />
        <FormFoot failure={failure} pending={save.isPending} submit="Save settings" onCancel={onClose} />
      </Stack>
    </form>
  );
}
