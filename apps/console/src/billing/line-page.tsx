import { Alert, Badge, Button, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { InvoiceLineView, InvoiceView } from '@waybill/contracts';
import { IconFlag } from '@tabler/icons-react';
import { AwaitQuery } from '../elements/await-query.js';
import { LinkBack } from '../elements/link-back.js';
import { PageTitle } from '../elements/page-title.js';
import { money, month } from '../words/money.js';
import { utcDay } from '../words/time.js';
import { DisputeDialog } from './dispute-dialog.js';
import { LineArithmetic } from './line-arithmetic.js';
import { LineShares } from './line-shares.js';
import { invoiceLineQuery, invoiceQuery } from './queries.js';

/** One line of an invoice: the arithmetic, and what it is made of. */
export function LinePage() {
  const { namespace, invoice: invoiceId, line: lineId } = useParams({ from: '/signed-in/namespaces/$namespace/billing/invoices/$invoice/lines/$line' });
  const invoice = useQuery(invoiceQuery(invoiceId));
  const line = invoice.data?.lines.find(({ id }) => id === lineId);
  const back = (label: string) => <LinkBack to="/namespaces/$namespace/billing/invoices/$invoice" params={{ namespace, invoice: invoiceId }} label={label} />;
  if (invoice.data === undefined || line === undefined) {
    return (
      <>
        <PageTitle title={invoice.data === undefined ? 'Invoice line' : 'There is no such line'} above={back('Invoice')} />
        <AwaitQuery query={invoice} rows={5}>{() => null}</AwaitQuery>
      </>
    );
  }
  return <LoadedLine invoice={invoice.data} line={line} back={back(invoice.data.number ?? 'Draft')} />;
}

function LoadedLine({ invoice, line, back }: { invoice: InvoiceView; line: InvoiceLineView; back: React.ReactNode }) {
  const [disputing, dialog] = useDisclosure(false);
  const shares = useQuery(invoiceLineQuery(invoice.id, line.id));
  const { dispute } = line;
  return (
    <>
      <PageTitle
        title={line.description}
        above={back}
        beside={dispute === null ? null : <Badge color={dispute.state === 'open' ? 'yellow' : 'gray'}>{dispute.state === 'open' ? 'disputed' : `dispute ${dispute.state}`}</Badge>}
        description={`${money(line.amountCents, invoice.currency)} for ${month(invoice.period)}.`}
        actions={dispute === null && invoice.state !== 'void' ? <Button variant="default" leftSection={<IconFlag size={16} />} onClick={dialog.open}>Dispute</Button> : null}
      />
      <Stack gap="lg">
        {dispute === null ? null : (
          <Alert color={dispute.state === 'open' ? 'yellow' : 'gray'} title={dispute.state === 'open' ? `Disputed since ${utcDay(dispute.openedAt)}: the line is frozen until finance has decided` : `Finance has decided: ${dispute.state}`}>
            {dispute.reason}
            {dispute.decision === null ? '' : ` Decision: ${dispute.decision}`}
          </Alert>
        )}
        <LineArithmetic line={line} currency={invoice.currency} priceBook={`${invoice.priceBookId}, version ${invoice.priceBookVersion}`} />
        {line.kind !== 'usage' ? null : (
          <AwaitQuery query={shares} rows={4}>
            {({ namespaces }) => <LineShares invoice={invoice} line={line} namespaces={namespaces} />}
          </AwaitQuery>
        )}
      </Stack>
      <DisputeDialog opened={disputing} onClose={dialog.close} invoice={invoice.id} line={line} />
    </>
  );
}
