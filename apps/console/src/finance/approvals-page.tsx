import { Button, EmptyState, Group, Paper, SegmentedControl, Stack } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { decideApproval, type listApprovals, type Reply } from '@waybill/contracts';
import { IconChecks } from '@tabler/icons-react';
import { useState } from 'react';
import { callOperation } from '../api/control-plane.js';
import { AwaitQuery } from '../elements/await-query.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { notice } from '../elements/notice.js';
import { PageTitle } from '../elements/page-title.js';
import { RecordTable, type Column } from '../elements/record-table.js';
import { money } from '../words/money.js';
import { dateTime } from '../words/time.js';
import { Actor } from './actor.js';
import { EventDetails } from './event-details.js';
import { actionWords, eventFacts } from './history-words.js';
import { approvalsQuery, useRefreshFinance } from './queries.js';

type Approval = Reply<typeof listApprovals>['items'][number];
type State = Approval['state'];

const states: { value: State; label: string }[] = [{ value: 'open', label: 'Open' }, { value: 'approved', label: 'Approved' }, { value: 'rejected', label: 'Rejected' }];

const columns: Column<Approval>[] = [
  { header: 'Action', cell: ({ action }) => actionWords(action) },
  { header: 'Tenant', wide: true, cell: ({ tenant }) => <div className="words">{tenant}</div> },
  { header: 'Amount', right: true, wide: true, cell: ({ amountCents, currency }) => money(amountCents, currency) },
  { header: 'Details', line: true, cell: ({ payload, currency }) => <EventDetails facts={eventFacts({ after: { ...payload, action: null, amountCents: null } }, currency)} /> },
  { header: 'Asked by', line: true, cell: ({ requestedBy, requestedAt }) => <><Actor of={requestedBy} />, {dateTime(requestedAt)}</> },
  { header: 'Decided by', line: true, cell: ({ decidedBy, decidedAt }) => (decidedBy === null || decidedAt === null ? '–' : <><Actor of={decidedBy} />, {dateTime(decidedAt)}</>) },
];

/** What one person asked for and another has to approve. */
export function ApprovalsPage() {
  const [state, setState] = useState<State>('open');
  const approvals = useQuery(approvalsQuery(state));
  const refresh = useRefreshFinance();
  const decide = useMutation({
    mutationFn: ({ id, decision }: { id: string; decision: 'approve' | 'reject' }) => callOperation(decideApproval, { params: { approval: id }, body: { decision } }),
    onSuccess: async (approval) => {
      await refresh();
      notice(approval.state === 'approved' ? 'Approved and done.' : 'Rejected. Nothing was changed.');
    },
  });
  const actions = ({ id, action, tenant }: Approval) => (
    <Group gap={4} wrap="nowrap" justify="flex-end">
      <Button size="compact-sm" loading={decide.isPending} onClick={() => decide.mutate({ id, decision: 'approve' })} aria-label={`Approve ${action} for ${tenant}`}>Approve</Button>
      <Button size="compact-sm" variant="default" loading={decide.isPending} onClick={() => decide.mutate({ id, decision: 'reject' })} aria-label={`Reject ${action} for ${tenant}`}>Reject</Button>
    </Group>
  );
  return (
    <>
      <PageTitle title="Approvals" description="Above the limit one person asks and another one decides. Nothing happens in between." actions={<SegmentedControl aria-label="State" data={states} value={state} onChange={setState} />} />
      <Stack gap="md">
        {decide.error === null ? null : <FailureAlert error={decide.error} />}
        <AwaitQuery query={approvals} rows={4}>
          {({ items }) =>
            items.length === 0 ? (
              <Paper p="xl"><EmptyState icon={<IconChecks size={30} />} title={state === 'open' ? 'Nothing waits' : 'Nothing here'} description="What needs a second person shows up here." /></Paper>
            ) : (
              <RecordTable label="Approvals" columns={columns} rows={items} rowKey={({ id }) => id} {...(state === 'open' ? { actions } : {})} />
            )
          }
        </AwaitQuery>
      </Stack>
    </>
  );
}
