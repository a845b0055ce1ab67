import { Autocomplete, Select, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { grantCredit } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';
import { centsOf } from '../words/money.js';
import { ActionDialog, ActionForm, reasonFault } from './action-dialog.js';
import { sayOutcome } from './outcome.js';

interface GrantCreditDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  /** Those that are invoiced in. */
  readonly currencies: readonly string[];
}

const sources = [
  { value: 'goodwill', label: 'Goodwill' },
  { value: 'promotional', label: 'Promotional' },
  { value: 'purchased', label: 'Purchased' },
] as const;

export function GrantCreditDialog({ opened, onClose, currencies }: GrantCreditDialogProps) {
  return (
    <ActionDialog opened={opened} onClose={onClose} title="Grant credit">
      <GrantCreditForm onClose={onClose} currencies={currencies} />
    </ActionDialog>
  );
}

function GrantCreditForm({ onClose, currencies }: Omit<GrantCreditDialogProps, 'opened'>) {
  const form = useForm({
    initialValues: { tenantId: '', currency: currencies[0] ?? '', amount: '', source: 'goodwill' as 'goodwill' | 'promotional' | 'purchased', expires: '', reason: '' },
    validate: {
      tenantId: (text) => (text.trim() === '' ? 'Enter the id of the tenant.' : null),
      currency: (text) => (/^[A-Z]{3}$/.test(text) ? null : 'Enter a currency, like USD.'),
      amount: (text, { currency }) => (/^[A-Z]{3}$/.test(currency) && centsOf(text, currency) === null ? 'Enter an amount, like 25 or 24.90; yen have no decimals.' : null),
      expires: (text) => (text !== '' && Number.isNaN(Date.parse(text)) ? 'Choose a day, or leave it empty.' : null),
      reason: reasonFault,
    },
  });
  return (
    <ActionForm
      form={form}
      fields={['tenantId', 'currency', 'amount', 'source', 'expires', 'reason']}
      byCode={{ tenant_not_found: 'tenantId', credit_invalid: 'amount', currency_mismatch: 'currency', currency_unknown: 'currency' }}
      submit="Grant credit"
      onDone={onClose}
      run={async ({ tenantId, currency, amount, source, expires, reason }) => {
        const body = { tenantId: tenantId.trim(), amountCents: centsOf(amount, currency) ?? '', currency, source, expiresAt: expires === '' ? null : new Date(expires).toISOString(), reason };
        sayOutcome(await callOperation(grantCredit, { body }), 'Credit granted.');
      }}
    >
      <TextInput label="Tenant id" placeholder="tnt_…" autoCapitalize="none" spellCheck={false} data-autofocus {...form.getInputProps('tenantId')} />
      <Autocomplete label="Currency" description="The one the tenant is invoiced in." data={[...currencies]} maxLength={3} autoCapitalize="characters" spellCheck={false} {...form.getInputProps('currency')} />
      <TextInput label="Amount" inputMode="decimal" {...form.getInputProps('amount')} />
      <Select label="Kind" data={sources} {...form.getInputProps('source')} />
      <TextInput label="Ends on" description="Empty for never." type="date" {...form.getInputProps('expires')} />
      <Textarea label="Reason" autosize minRows={2} maxLength={500} {...form.getInputProps('reason')} />
    </ActionForm>
  );
}
