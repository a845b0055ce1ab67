import { Textarea, TextInput, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { refundInvoice } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';
import { amountText, centsOf } from '../words/money.js';
import { ActionDialog, ActionForm, reasonFault } from './action-dialog.js';
import type { FinanceInvoice } from './invoice-page.js';
import { sayOutcome } from './outcome.js';

interface Props {
  readonly invoice: FinanceInvoice;
  readonly onClose: () => void;
}

export function RefundDialog({ opened, ...rest }: Props & { readonly opened: boolean }) {
  return <ActionDialog opened={opened} onClose={rest.onClose} title="Refund">{opened ? <RefundForm {...rest} /> : null}</ActionDialog>;
}

function RefundForm({ invoice, onClose }: Props) {
  const { currency, payments, refunds } = invoice;
  const sum = (amounts: readonly { readonly amountCents: string }[]) => amounts.reduce((total, { amountCents }) => total + BigInt(amountCents), 0n);
  const left = sum(payments) - sum(refunds.filter(({ state }) => state !== 'failed'));
  const byStripe = payments.some(({ method }) => method === 'stripe');
  const form = useForm({
    initialValues: { amountCents: amountText(String(left), currency), reference: '', reason: '' },
    validate: {
      amountCents: (text) => (centsOf(text, currency) === null ? 'Enter an amount, like 16.34.' : null),
      reference: (text) => (text.trim() === '' ? (byStripe ? null : 'Enter the reference of the transfer.') : text.trim().length < 3 ? 'Enter the whole reference.' : null),
      reason: reasonFault,
    },
  });
  return (
    <ActionForm
      form={form}
      fields={['amountCents', 'reference', 'reason']}
      byCode={{ refund_too_large: 'amountCents', credit_not_splittable: 'amountCents', refund_needs_reference: 'reference', payment_duplicated: 'reference' }}
      submit="Refund"
      onDone={onClose}
      run={async ({ amountCents, reference, reason }) =>
        sayOutcome(await callOperation(refundInvoice, { params: { invoice: invoice.id }, body: { amountCents: centsOf(amountCents, currency) ?? '', reference: reference.trim() === '' ? null : reference.trim(), reason } }), 'Refunded.')}
    >
      <Text size="sm">Credit notes for the lines are made with it.{invoice.taxes.length === 0 ? '' : ' The amount is with tax; Stripe says how much of it is.'}</Text>
      <TextInput label={`Amount, ${currency}`} inputMode="decimal" data-autofocus {...form.getInputProps('amountCents')} />
      <TextInput label="Reference of the bank transfer" description={byStripe ? 'Leave it empty to send the money back through Stripe.' : 'As it stands on the bank statement.'} {...form.getInputProps('reference')} />
      <Textarea label="Reason" autosize minRows={2} maxLength={500} {...form.getInputProps('reason')} />
    </ActionForm>
  );
}
