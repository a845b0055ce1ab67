import { Text, Textarea } from '@mantine/core';
import { useForm } from '@mantine/form';
import { sendPushesAgain } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';
import { notice } from '../elements/notice.js';
import { plural } from '../words/figures.js';
import { ActionDialog, ActionForm, reasonFault } from './action-dialog.js';

export interface TenantRef {
  readonly tenantId: string;
  readonly tenant: string;
}

interface Props {
  /** Null: closed. */
  readonly of: TenantRef | null;
  readonly onClose: () => void;
}

/** Sends everything again that Stripe refused of a tenant. */
export function SendAgainDialog({ of, onClose }: Props) {
  return <ActionDialog opened={of !== null} onClose={onClose} title="Send usage again">{of === null ? null : <SendAgainForm of={of} onClose={onClose} />}</ActionDialog>;
}

function SendAgainForm({ of, onClose }: { of: TenantRef; onClose: () => void }) {
  const form = useForm({ initialValues: { reason: '' }, validate: { reason: reasonFault } });
  return (
    <ActionForm
      form={form}
      fields={['reason']}
      submit="Send again"
      onDone={onClose}
      run={async (body) => {
        const { pushes } = await callOperation(sendPushesAgain, { params: { tenant: of.tenantId }, body });
        notice(pushes === 0 ? 'Nothing was waiting.' : `${plural(pushes, 'hour total')} on the way to Stripe.`);
      }}
    >
      <Text size="sm">Every hour total of {of.tenant} that Stripe refused goes out again. What is refused once more comes back here.</Text>
      <Textarea label="What was done about the cause" autosize minRows={2} maxLength={500} data-autofocus {...form.getInputProps('reason')} />
    </ActionForm>
  );
}
