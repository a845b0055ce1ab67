import { Radio, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { creditLine, decideDispute, holdInvoice, noteInvoice, recordPayment, writeOffInvoice, type InvoiceLineView } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';
import { notice } from '../elements/notice.js';
import { amountText, centsOf, money } from '../words/money.js';
import { dateTime } from '../words/time.js';
import { ActionDialog, ActionForm, reasonFault } from './action-dialog.js';
import { Actor } from './actor.js';
import type { FinanceInvoice } from './invoice-page.js';
import { sayOutcome } from './outcome.js';

interface OnInvoice {
  readonly invoice: FinanceInvoice;
  readonly onClose: () => void;
}
type Dialog = OnInvoice & { readonly opened: boolean };
type LineDialog = OnInvoice & { readonly line: InvoiceLineView | null };

const at = ({ id }: FinanceInvoice) => ({ invoice: id });

export function PaymentDialog({ opened, ...rest }: Dialog) {
  return <ActionDialog opened={opened} onClose={rest.onClose} title="Record payment"><PaymentForm {...rest} /></ActionDialog>;
}

function PaymentForm({ invoice, onClose }: OnInvoice) {
  const { currency } = invoice;
  const form = useForm({
    initialValues: { amountCents: amountText(invoice.dueCents, currency), reference: '', receivedAt: new Date().toISOString().slice(0, 10) },
    validate: {
      amountCents: (text) => (centsOf(text, currency) === null ? 'Enter an amount, like 16.34.' : null),
      reference: (text) => (text.trim().length < 3 ? 'Enter the reference of the transfer.' : null),
      receivedAt: (text) => (Number.isNaN(Date.parse(text)) ? 'Choose the day it came.' : null),
    },
  });
  return (
    <ActionForm
      form={form}
      fields={['amountCents', 'reference', 'receivedAt']}
      byCode={{ payment_mismatch: 'amountCents', payment_duplicated: 'reference' }}
      submit="Record payment"
      onDone={onClose}
      run={async ({ amountCents, reference, receivedAt }) =>
        sayOutcome(await callOperation(recordPayment, { params: at(invoice), body: { amountCents: centsOf(amountCents, currency) ?? '', reference, receivedAt: new Date(receivedAt).toISOString() } }), 'Payment recorded.')}
    >
      <TextInput label={`Amount, ${currency}`} inputMode="decimal" {...form.getInputProps('amountCents')} />
      <TextInput label="Reference" description="As it stands on the bank statement." data-autofocus {...form.getInputProps('reference')} />
      <TextInput label="Received on" type="date" {...form.getInputProps('receivedAt')} />
    </ActionForm>
  );
}

interface ReasonFormProps {
  readonly label: string;
  readonly submit: string;
  readonly explanation: string;
  readonly onDone: () => void;
  readonly run: (reason: string) => Promise<unknown>;
}

function ReasonForm({ label, submit, explanation, onDone, run }: ReasonFormProps) {
  const form = useForm({ initialValues: { reason: '' }, validate: { reason: reasonFault } });
  return (
    <ActionForm form={form} fields={['reason']} submit={submit} onDone={onDone} run={({ reason }) => run(reason)}>
      <Text size="sm">{explanation}</Text>
      <Textarea label={label} autosize minRows={2} maxLength={500} data-autofocus {...form.getInputProps('reason')} />
    </ActionForm>
  );
}

export function HoldDialog({ opened, invoice, onClose }: Dialog) {
  return (
    <ActionDialog opened={opened} onClose={onClose} title="Hold this invoice">
      <ReasonForm
        label="Reason" submit="Hold" explanation="It is not finalized and not dunned until the hold is released." onDone={onClose}
        run={async (reason) => {
          await callOperation(holdInvoice, { params: at(invoice), body: { reason } });
          notice('The invoice is on hold.');
        }}
      />
    </ActionDialog>
  );
}

export function NoteDialog({ opened, invoice, onClose }: Dialog) {
  return (
    <ActionDialog opened={opened} onClose={onClose} title="Note">
      <ReasonForm
        label="Note" submit="Keep note" explanation="It is kept in the history and cannot be changed. The tenant does not see it." onDone={onClose}
        run={(text) => callOperation(noteInvoice, { params: at(invoice), body: { text } })}
      />
    </ActionDialog>
  );
}

export function WriteOffDialog({ opened, ...rest }: Dialog) {
  return <ActionDialog opened={opened} onClose={rest.onClose} title="Write off"><WriteOffForm {...rest} /></ActionDialog>;
}

function WriteOffForm({ invoice, onClose }: OnInvoice) {
  const form = useForm({ initialValues: { as: 'uncollectible' as 'uncollectible' | 'void', reason: '' }, validate: { reason: reasonFault } });
  return (
    <ActionForm
      form={form}
      fields={['as', 'reason']}
      submit="Write off"
      onDone={onClose}
      run={async (body) => sayOutcome(await callOperation(writeOffInvoice, { params: at(invoice), body }), 'Written off.')}
    >
      <Radio.Group label="How" {...form.getInputProps('as')}>
        <Stack gap="xs" mt="xs">
          <Radio value="uncollectible" label="Uncollectible" description="It was right, but will not be paid. A later payment can still be recorded." />
          <Radio value="void" label="Void" description="It was wrong altogether and counts as if it had not been sent." />
        </Stack>
      </Radio.Group>
      <Textarea label="Reason" autosize minRows={2} maxLength={500} {...form.getInputProps('reason')} />
    </ActionForm>
  );
}

export function CreditLineDialog({ line, invoice, onClose }: LineDialog) {
  return <ActionDialog opened={line !== null} onClose={onClose} title="Credit note">{line === null ? null : <CreditLineForm line={line} invoice={invoice} onClose={onClose} />}</ActionDialog>;
}

function CreditLineForm({ line, invoice, onClose }: OnInvoice & { line: InvoiceLineView }) {
  const { currency } = invoice;
  const most = (BigInt(line.amountCents) - BigInt(line.creditedCents)).toString();
  const form = useForm({
    initialValues: { amountCents: amountText(most, currency), reason: '' },
    validate: { amountCents: (text) => (centsOf(text, currency) === null ? 'Enter an amount, like 4.90.' : null), reason: reasonFault },
  });
  return (
    <ActionForm
      form={form}
      fields={['amountCents', 'reason']}
      byCode={{ credit_note_too_large: 'amountCents', credit_note_needs_refund: 'amountCents', credit_not_splittable: 'amountCents' }}
      submit="Make credit note"
      onDone={onClose}
      run={async ({ amountCents, reason }) =>
        sayOutcome(await callOperation(creditLine, { params: { invoice: invoice.id, line: line.id }, body: { amountCents: centsOf(amountCents, currency) ?? '', reason } }), 'Credit note made.')}
    >
      <Text size="sm">{line.description}: at most {money(most, currency)}.{invoice.taxes.length === 0 ? '' : ' Its tax is credited with it.'}</Text>
      <TextInput label={`Amount, ${currency}`} inputMode="decimal" data-autofocus {...form.getInputProps('amountCents')} />
      <Textarea label="Reason" autosize minRows={2} maxLength={500} {...form.getInputProps('reason')} />
    </ActionForm>
  );
}

export function DecideDisputeDialog({ line, invoice, onClose }: LineDialog) {
  return <ActionDialog opened={line !== null} onClose={onClose} title="Decide dispute">{line === null ? null : <DecideDisputeForm line={line} invoice={invoice} onClose={onClose} />}</ActionDialog>;
}

function DecideDisputeForm({ line, invoice, onClose }: OnInvoice & { line: InvoiceLineView }) {
  const form = useForm({ initialValues: { outcome: 'rejected' as 'upheld' | 'rejected', reason: '' }, validate: { reason: reasonFault } });
  return (
    <ActionForm
      form={form}
      fields={['outcome', 'reason']}
      submit="Decide"
      onDone={onClose}
      run={async (body) => {
        await callOperation(decideDispute, { params: { invoice: invoice.id, line: line.id }, body });
        notice(body.outcome === 'upheld' ? 'Upheld. Make the credit note next.' : 'Rejected. The line is due again.');
      }}
    >
      {line.dispute === null ? null : <Text size="sm">“{line.dispute.reason}”, <Actor of={line.dispute.openedBy} />, {dateTime(line.dispute.openedAt)}</Text>}
      <Radio.Group label="Decision" {...form.getInputProps('outcome')}>
        <Stack gap="xs" mt="xs">
          <Radio value="upheld" label="The tenant is right" />
          <Radio value="rejected" label="The line is right" />
        </Stack>
      </Radio.Group>
      <Textarea label="Reason, which the tenant reads" autosize minRows={2} maxLength={500} {...form.getInputProps('reason')} />
    </ActionForm>
  );
}
