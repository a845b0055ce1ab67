import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { exportInvoice, getInvoiceCsv, getInvoicePdf, type InvoiceView } from '@waybill/contracts';
import { IconDownload } from '@tabler/icons-react';
import { pathOf } from '../api/operation-call.js';
import { AwaitQuery } from '../elements/await-query.js';
import { Breadcrumb } from '../elements/breadcrumb.js';
import { FactList } from '../elements/fact-list.js';
import { TextLink } from '../elements/links.js';
import { PageTitle } from '../elements/page-title.js';
import { money, month } from '../words/money.js';
import { dateTime, utcDay } from '../words/time.js';
import { BilledTo } from './billed-to.js';
import { InvoiceLines } from './invoice-lines.js';
import { InvoicePapers } from './invoice-papers.js';
import { InvoiceState } from './invoice-state.js';
import { planTitle } from './plan-words.js';
import { invoiceQuery } from './queries.js';

export function InvoicePage() {
  const { namespace, invoice: id } = useParams({ from: '/signed-in/namespaces/$namespace/billing/invoices/$invoice' });
  const invoice = useQuery(invoiceQuery(id));
  const above = <Breadcrumb to="/namespaces/$namespace/billing/invoices" label="Invoices" />;
  if (invoice.data !== undefined) return <LoadedInvoice namespace={namespace} invoice={invoice.data} />;
  return (
    <>
      <PageTitle title="Invoice" above={above} />
      <AwaitQuery query={invoice} rows={6}>{() => null}</AwaitQuery>
    </>
  );
}

function LoadedInvoice({ namespace, invoice }: { namespace: string; invoice: InvoiceView }) {
  return (
    <>
      <PageTitle
        title={invoice.number ?? 'Draft'}
        mono
        above={<Breadcrumb to="/namespaces/$namespace/billing/invoices" label="Invoices" />}
        beside={<InvoiceState invoice={invoice} />}
        description={`${month(invoice.period)}, ${money(invoice.totalCents, invoice.currency)} ${invoice.taxes.length === 0 ? 'before tax' : 'with tax'}${invoice.dueAt === null || invoice.state !== 'finalized' ? '' : `, due ${utcDay(invoice.dueAt)}`}.`}
        actions={<Downloads invoice={invoice.id} />}
      />
      <Stack gap="lg">
        <InvoiceLines
          invoice={invoice}
          name={(line) => (
            <TextLink to="/namespaces/$namespace/billing/invoices/$invoice/lines/$line" params={{ namespace, invoice: invoice.id, line: line.id }}>{line.description}</TextLink>
          )}
        />
        <BilledTo invoice={invoice} />
        <InvoicePapers invoice={invoice} />
        <FactList
          title="How it was made"
          facts={[
            { label: 'Plan', value: planTitle(invoice.plan) },
            { label: 'Price book', value: `${invoice.priceBookId}, version ${invoice.priceBookVersion}` },
            { label: 'Computed', value: dateTime(invoice.computedAt) },
            { label: 'Finalized', value: invoice.finalizedAt === null ? 'not yet' : dateTime(invoice.finalizedAt) },
            { label: 'Tax', value: invoice.taxes.length > 0 ? 'computed by Stripe' : invoice.billedTo === null ? 'not computed: without Stripe there is none' : 'none' },
            { label: 'Evidence (SHA-256 of the hours)', value: invoice.evidence },
          ]}
        />
        <Text size="sm" c="dimmed">
          The export holds every hour row, price and digest. <span className="name">waybill verify-invoice</span> computes the invoice again from it, on a machine of yours.
        </Text>
      </Stack>
    </>
  );
}

const files = [
  { label: 'PDF', operation: getInvoicePdf },
  { label: 'CSV', operation: getInvoiceCsv },
  { label: 'Export', operation: exportInvoice },
] as const;

/** Plain links: the browser brings the session and saves what comes. */
export function Downloads({ invoice }: { invoice: string }) {
  return (
    <Group gap="xs">
      {files.map(({ label, operation }) => (
        <Button key={label} component="a" href={pathOf(operation, { invoice })} download variant="default" leftSection={<IconDownload size={16} />} aria-label={`Download ${label}`}>
          {label}
        </Button>
      ))}
    </Group>
  );
}
