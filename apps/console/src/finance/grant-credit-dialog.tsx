import { Select, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { grantCredit } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';
import { centsOf } from '../words/money.js';
import { ActionDialog, ActionForm, reasonFault } from './action-dialog.js';
import { sayOutcome } from './outcome.js';

interface GrantCreditDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly currency: string;
}

const sources = [
  { value: 'goodwill', label: 'Goodwill' },
  { value: 'promotional', label: 'Promotional' },
  { value: 'purchased', label: 'Purchased' },
] as const;

export function GrantCreditDialog({ opened, onClose, currency }: GrantCreditDialogProps) {
  return (
    <ActionDialog opened={opened} onClose={onClose} title="Grant credit">
      <GrantCreditForm onClose={onClose} currency={currency} />
    </ActionDialog>
  );
}

function GrantCreditForm({ onClose, currency }: Omit<GrantCreditDialogProps, 'opened'>) {
  const form = useForm({
    initialValues: { tenantId: '', amount: '', source: 'goodwill' as 'goodwill' | 'promotional' | 'purchased', expires: '', reason: '' },
    validate: {
      tenantId: (text) => (text.trim() === '' ? 'Enter the id of the tenant.' : null),
      amount: (text) => (centsOf(text, currency) === null ? 'Enter an amount, like 25 or 24.90.' : null),
      expires: (text) => (text !== '' && Number.isNaN(Date.parse(text)) ? 'Choose a day, or leave it empty.' : null),
      reason: reasonFault,
    },
  });
  return (
    <ActionForm
      form={form}
      fields={['tenantId', 'amount', 'source', 'expires', 'reason']}
      byCode={{ tenant_not_found: 'tenantId', credit_invalid: 'amount' }}
      submit="Grant credit"
      onDone={onClose}
      run={async ({ tenantId, amount, source, expires, reason }) => {
        const body = { tenantId: tenantId.trim(), amountCents: centsOf(amount, currency) ?? '', currency, source, expiresAt: expires === '' ? null : new Date(expires).toISOString(), reason };
        sayOutcome(await callOperation(grantCredit, { body }), 'Credit granted.');
      }}
    >
      <TextInput label="Tenant id" placeholder="tnt_…" autoCapitalize="none" spellCheck={false} data-autofocus {...form.getInputProps('tenantId')} />
      <TextInput label={`Amount, ${currency}`} inputMode="decimal" {...form.getInputProps('amount')} />
      <Select label="Kind" data={sources} {...form.getInputProps('source')} />
      <TextInput label="Ends on" description="Empty for never." type="date" {...form.getInputProps('expires')} />
      <Textarea label="Reason" autosize minRows={2} maxLength={500} {...form.getInputProps('reason')} />
    </ActionForm>
  );
}
