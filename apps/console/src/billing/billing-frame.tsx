import { Alert, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { IconBuildingBank } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useNamespaceId } from '../account/account.js';
import { PageTitle } from '../elements/page-title.js';
import { Sections, type Section } from '../elements/sections.js';
import { BillingNotices } from './billing-notices.js';
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
      <BillingNotices />
      {billing === undefined || billing.mode === 'stripe' ? null : (
        <Alert color="gray" icon={<IconBuildingBank size={18} />} mb="lg" p="xs">
          <Text size="sm">Invoices are paid by bank transfer. Card payment is not set up on this installation.</Text>
        </Alert>
      )}
      {children}
    </>
  );
}
