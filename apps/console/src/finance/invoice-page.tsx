import { Alert, Button, Group, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { holdInvoice, type getFinanceInvoice, type InvoiceLineView, type Reply } from '@waybill/contracts';
import { useState } from 'react';
import { callOperation } from '../api/control-plane.js';
import { BilledTo } from '../billing/billed-to.js';
import { InvoiceLines } from '../billing/invoice-lines.js';
import { InvoicePapers } from '../billing/invoice-papers.js';
import { InvoiceState } from '../billing/invoice-state.js';
import { planTitle } from '../billing/plan-words.js';
import { AwaitQuery } from '../elements/await-query.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { LinkBack } from '../elements/link-back.js';
import { PageTitle } from '../elements/page-title.js';
import { money, month } from '../words/money.js';
import { CreditLineDialog, DecideDisputeDialog, HoldDialog, NoteDialog, PaymentDialog, WriteOffDialog } from './invoice-dialogs.js';
import { InvoiceHistory } from './invoice-history.js';
import { RefundDialog } from './refund-dialog.js';
import { useComparison } from './use-comparison.js';
import { financeInvoiceQuery, useRefreshFinance } from './queries.js';

export type FinanceInvoice = Reply<typeof getFinanceInvoice>;

/** The dialog that is open, with the line it is about. */
type Action = { readonly kind: 'payment' | 'refund' | 'hold' | 'note' | 'write-off' } | { readonly kind: 'credit' | 'dispute'; readonly line: InvoiceLineView } | null;

export function FinanceInvoicePage() {
  const { invoice: id } = useParams({ from: '/signed-in/finance/invoices/$invoice' });
  const invoice = useQuery(financeInvoiceQuery(id));
  if (invoice.data !== undefined) return <LoadedInvoice invoice={invoice.data} />;
  return (
    <>
      <PageTitle title="Invoice" above={<LinkBack to="/finance/invoices" label="Invoices" />} />
      <AwaitQuery query={invoice} rows={6}>{() => null}</AwaitQuery>
    </>
  );
}

function LoadedInvoice({ invoice }: { invoice: FinanceInvoice }) {
  const [action, setAction] = useState<Action>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const refresh = useRefreshFinance();
  const compare = useComparison(invoice.period);
  const close = () => setAction(null);
  const release = async () => {
    setFailure(null);
    await callOperation(holdInvoice, { params: { invoice: invoice.id }, body: { reason: null } }).then(refresh, setFailure);
  };
  const lineOf = (kind: 'credit' | 'dispute') => (action !== null && 'line' in action && action.kind === kind ? action.line : null);
  const sent = invoice.state !== 'draft' && invoice.state !== 'void';
  return (
    <>
      <PageTitle
        title={invoice.number ?? 'Draft'}
        mono
        above={<LinkBack to="/finance/invoices" label="Invoices" />}
        beside={<InvoiceState invoice={invoice} />}
        description={`${invoice.tenant}, ${month(invoice.period)}, ${planTitle(invoice.plan)}: ${money(invoice.totalCents, invoice.currency)}, ${money(invoice.dueCents, invoice.currency)} open.`}
        actions={
          <>
            {invoice.state === 'finalized' || invoice.state === 'uncollectible' ? <Button onClick={() => setAction({ kind: 'payment' })}>Record payment</Button> : null}
            {invoice.state === 'paid' && invoice.payments.length > 0 ? <Button variant="default" onClick={() => setAction({ kind: 'refund' })}>Refund</Button> : null}
            {invoice.holdReason === null ? <Button variant="default" onClick={() => setAction({ kind: 'hold' })}>Hold</Button> : <Button variant="default" onClick={() => void release()}>Release hold</Button>}
            <Button variant="default" onClick={() => setAction({ kind: 'note' })}>Note</Button>
            <Button variant="default" loading={compare.isPending} onClick={() => compare.mutate(invoice.tenantId)}>Compare counts</Button>
            {invoice.state === 'finalized' ? <Button variant="default" c="var(--mantine-color-error)" onClick={() => setAction({ kind: 'write-off' })}>Write off</Button> : null}
          </>
        }
      />
      <Stack gap="lg">
        {failure === null ? null : <FailureAlert error={failure} />}
        {compare.error === null ? null : <FailureAlert error={compare.error} />}
        {invoice.holdReason === null ? null : <Alert color="yellow" title="On hold">{invoice.holdReason}</Alert>}
        <InvoiceLines
          invoice={invoice}
          actions={(line) => (
            <Group gap={4} justify="flex-end" wrap="nowrap">
              {line.dispute?.state === 'open' ? <Button size="compact-sm" variant="default" onClick={() => setAction({ kind: 'dispute', line })} aria-label={`Decide dispute of ${line.description}`}>Decide</Button> : null}
              {sent && BigInt(line.amountCents) > 0n ? <Button size="compact-sm" variant="default" onClick={() => setAction({ kind: 'credit', line })} aria-label={`Credit ${line.description}`}>Credit</Button> : null}
            </Group>
          )}
        />
        <BilledTo invoice={invoice} />
        <InvoicePapers invoice={invoice} />
        <InvoiceHistory invoice={invoice} />
      </Stack>
      <PaymentDialog opened={action?.kind === 'payment'} onClose={close} invoice={invoice} />
      <RefundDialog opened={action?.kind === 'refund'} onClose={close} invoice={invoice} />
      <HoldDialog opened={action?.kind === 'hold'} onClose={close} invoice={invoice} />
      <NoteDialog opened={action?.kind === 'note'} onClose={close} invoice={invoice} />
      <WriteOffDialog opened={action?.kind === 'write-off'} onClose={close} invoice={invoice} />
      <CreditLineDialog line={lineOf('credit')} onClose={close} invoice={invoice} />
      <DecideDisputeDialog line={lineOf('dispute')} onClose={close} invoice={invoice} />
    </>
  );
}
