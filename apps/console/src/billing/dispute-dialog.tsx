import { Modal, Stack, Text, Textarea } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { disputeLine, type InvoiceLineView } from '@waybill/contracts';
import { useState } from 'react';
import { callOperation } from '../api/control-plane.js';
import { FormFoot } from '../elements/form-foot.js';
import { notice } from '../elements/notice.js';
import { placeProblem } from '../elements/place-problem.js';
import { useRefreshBilling } from './queries.js';

interface DisputeDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly invoice: string;
  readonly line: InvoiceLineView;
}

export function DisputeDialog({ opened, onClose, ...rest }: DisputeDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Dispute this line">
      <DisputeForm onClose={onClose} {...rest} />
    </Modal>
  );
}

function DisputeForm({ onClose, invoice, line }: Omit<DisputeDialogProps, 'opened'>) {
  const refresh = useRefreshBilling();
  const [failure, setFailure] = useState<unknown>(null);
  const form = useForm({ initialValues: { reason: '' }, validate: { reason: (value) => (value.trim().length < 3 ? 'Say what is wrong with the line.' : null) } });
  const dispute = useMutation({
    mutationFn: (reason: string) => callOperation(disputeLine, { params: { invoice, line: line.id }, body: { reason } }),
    onSuccess: async () => {
      await refresh();
      notice('The line is disputed. Finance has been told.');
      onClose();
    },
    onError: (error) => setFailure(placeProblem(error, form, ['reason'])),
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit(({ reason }) => {
        setFailure(null);
        dispute.mutate(reason);
      })}
    >
      <Stack gap="md">
        <Text size="sm">{line.description} is frozen until finance has decided. The rest of the invoice stays due.</Text>
        <Textarea label="What is wrong" autosize minRows={3} maxLength={500} data-autofocus {...form.getInputProps('reason')} />
        <FormFoot failure={failure} pending={dispute.isPending} submit="Dispute line" onCancel={onClose} />
      </Stack>
    </form>
  );
}
