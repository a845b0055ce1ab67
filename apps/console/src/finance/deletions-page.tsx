import { Alert, Button, Text, Textarea } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { holdDeletion, type listDeletions, type Reply } from '@waybill/contracts';
import { IconCircleCheck } from '@tabler/icons-react';
import { useState } from 'react';
import { callOperation } from '../api/control-plane.js';
import { AwaitQuery } from '../elements/await-query.js';
import { TextLink } from '../elements/links.js';
import { notice } from '../elements/notice.js';
import { PageTitle } from '../elements/page-title.js';
import { RecordTable, type Column } from '../elements/record-table.js';
import { dateTime, utcDay } from '../words/time.js';
import { ActionDialog, ActionForm, reasonFault } from './action-dialog.js';
import { Actor } from './actor.js';
import { deletionWords, inventoryWords, noticeWords } from './deletion-words.js';
import { useClosingMonth } from './month-select.js';
import { deletionsQuery, overviewQuery } from './queries.js';

type Row = Reply<typeof listDeletions>['items'][number];

const columns: Column<Row>[] = [
  { header: 'Tenant', cell: ({ tenant, invoiceId, number }) => <>{tenant}<Text size="xs"><TextLink to="/finance/invoices/$invoice" params={{ invoice: invoiceId }}>{number}</TextLink></Text></> },
  { header: 'Day', line: true, cell: (row) => <>{utcDay(row.endedAt ?? row.plannedAt)}<Text size="xs" c="dimmed">overdue since {utcDay(row.overdueSince)}</Text></> },
  { header: 'State', line: true, cell: (row) => <div className="cause">{deletionWords(row)}{row.hold === null ? null : <Text size="xs" c="dimmed">“{row.hold.reason}”, <Actor of={row.hold.by} />, {dateTime(row.hold.at)}</Text>}{row.failure === null || row.state !== 'running' ? null : <Text size="xs" c="red">{row.failure}</Text>}</div> },
  { header: 'Notices', wide: true, cell: ({ state, noticeSentAt, lastNoticeSentAt }) => <>day 60: {noticeWords(state, noticeSentAt)}<Text size="xs" c="dimmed">last: {noticeWords(state, lastNoticeSentAt)}</Text></> },
  { header: 'What it had', wide: true, cell: ({ inventory }) => (inventory === null ? '–' : <div className="cause">{inventoryWords(inventory)}</div>) },
];

/** Tenants whose data is deleted because an invoice is not paid; each can be held until it is done. */
export function DeletionsPage() {
  const deletions = useQuery(deletionsQuery);
  const [period] = useClosingMonth();
  const mayWrite = useQuery(overviewQuery(period)).data?.mayWrite === true;
  const [holding, setHolding] = useState<Row | null>(null);
  const [releasing, setReleasing] = useState<Row | null>(null);
  const actions = (row: Row) =>
    row.state === 'planned' || row.state === 'running' ? (
      row.hold === null
        ? <Button size="compact-sm" disabled={!mayWrite} onClick={() => setHolding(row)} aria-label={`Hold the deletion of ${row.tenant}`}>Hold</Button>
        : <Button size="compact-sm" variant="default" disabled={!mayWrite} onClick={() => setReleasing(row)} aria-label={`Let the deletion of ${row.tenant} go on`}>Let go</Button>
    ) : null;
  return (
    <>
      <PageTitle title="Deletions" description="90 days after an invoice was due, what the tenant has is deleted. Invoices, usage, evidence and history are kept; paying stops it at once." />
      <AwaitQuery query={deletions} rows={3}>
        {({ items }) =>
          items.length === 0
            ? <Alert color="petrol" icon={<IconCircleCheck size={18} />} title="Nothing is to be deleted">No invoice has been open for 60 days.</Alert>
            : <RecordTable label="Deletions" columns={columns} rows={items} rowKey={({ tenantId, invoiceId }) => `${tenantId} ${invoiceId}`} actions={actions} />}
      </AwaitQuery>
      <ActionDialog opened={holding !== null} onClose={() => setHolding(null)} title="Hold this deletion">{holding === null ? null : <HoldForm of={holding} onClose={() => setHolding(null)} />}</ActionDialog>
      <ActionDialog opened={releasing !== null} onClose={() => setReleasing(null)} title="Let this deletion go on">{releasing === null ? null : <ReleaseForm of={releasing} onClose={() => setReleasing(null)} />}</ActionDialog>
    </>
  );
}

function HoldForm({ of, onClose }: { of: Row; onClose: () => void }) {
  const form = useForm({ initialValues: { reason: '' }, validate: { reason: reasonFault } });
  return (
    <ActionForm
      form={form} fields={['reason']} submit="Hold" onDone={onClose}
      run={async ({ reason }) => {
        await callOperation(holdDeletion, { params: { tenant: of.tenantId }, body: { reason } });
        notice('The deletion is on hold.');
      }}
    >
      <Text size="sm">Nothing of {of.tenant} is deleted until you or somebody else lets it go on. The invoice stays open and dunned.</Text>
      <Textarea label="Reason" autosize minRows={2} maxLength={500} data-autofocus {...form.getInputProps('reason')} />
    </ActionForm>
  );
}

function ReleaseForm({ of, onClose }: { of: Row; onClose: () => void }) {
  const form = useForm({ initialValues: {} });
  return (
    <ActionForm
      form={form} fields={[]} submit="Let go" onDone={onClose}
      run={async () => {
        await callOperation(holdDeletion, { params: { tenant: of.tenantId }, body: { reason: null } });
        notice('The hold is gone.');
      }}
    >
      <Text size="sm">{of.state === 'running' ? `The deletion of ${of.tenant} was under way and goes on within a minute.` : `${of.tenant} is told once more. The deletion comes seven days after that, not before.`}</Text>
    </ActionForm>
  );
}
