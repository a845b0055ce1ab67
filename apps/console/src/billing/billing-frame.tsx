import { Alert, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { BillingView } from '@waybill/contracts';
import { IconBuildingBank, IconHandStop, IconTrash } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useNamespaceId } from '../account/account.js';
import { PageTitle } from '../elements/page-title.js';
import { Sections, type Section } from '../elements/sections.js';
import { date } from '../words/time.js';
import { deletedWords, overdueWords } from './overdue-words.js';
import { billingQuery } from './queries.js';

const sections: readonly Section[] = [
  { label: 'Cost', to: '/namespaces/$namespace/billing', exact: true },
  { label: 'Plan and limits', to: '/namespaces/$namespace/billing/plan' },
  { label: 'Estimate', to: '/namespaces/$namespace/billing/estimate' },
  { label: 'Invoices', to: '/namespaces/$namespace/billing/invoices' },
];

interface BillingFrameProps {
  readonly title: string;
  readonly description: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** Head of the pages about money: all of the organisation's, whichever namespace the person came from. */
export function BillingFrame({ title, description, actions, children }: BillingFrameProps) {
  const namespace = useNamespaceId();
  const billing = useQuery(billingQuery).data;
  return (
    <>
      <PageTitle title={title} description={description} {...(actions === undefined ? {} : { actions })} />
      <Sections label="Billing" sections={sections} params={{ namespace }} />
      {billing === undefined ? null : <BillingNotices billing={billing} />}
      {children}
    </>
  );
}

const stopped: Readonly<Record<Exclude<BillingView['publishing']['reason'], 'none'>, string>> = {
  spend_cap: 'This month has reached the spend cap. Raise the cap, and publishing goes on within 10 seconds; receiving goes on all the time.',
  namespace_cap: 'A namespace has reached its own spend cap. Raise it, and publishing there goes on within 10 seconds; receiving goes on all the time.',
  quota: 'The free units of this month are used up. Choose another plan, or wait for the next month; receiving goes on all the time.',
  dunning: 'An invoice is long overdue. Pay it, and publishing goes on at once.',
};

function BillingNotices({ billing }: { billing: BillingView }) {
  const { publishing, dunning, deletion, mode } = billing;
  const deleted = deletion === null ? null : deletedWords(deletion);
  return (
    <>
      {publishing.reason === 'none' ? null : (
        <Alert role="alert" color="red" icon={<IconHandStop size={18} />} title={publishing.allowed ? 'Publishing is stopped in a namespace' : 'Publishing is stopped'} mb="md">
          {stopped[publishing.reason]}
        </Alert>
      )}
      {deleted === null ? null : <Alert color="red" icon={<IconTrash size={18} />} title={deleted.title} mb="md">{deleted.text}</Alert>}
      {dunning === null ? null : (
        <Alert color={dunning.stopped.length > 0 ? 'red' : 'yellow'} title={`An invoice has been overdue since ${date(dunning.overdueSince)}`} mb="md">
          {overdueWords(dunning, deletion)}
        </Alert>
      )}
      {mode === 'stripe' ? null : (
        <Alert color="gray" icon={<IconBuildingBank size={18} />} mb="lg" p="xs">
          <Text size="sm">Invoices are paid by bank transfer. Card payment is not set up on this installation.</Text>
        </Alert>
      )}
    </>
  );
}
