import { Alert, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { BillingView } from '@waybill/contracts';
import { IconHandStop, IconTrash } from '@tabler/icons-react';
import { useNamespaceId } from '../account/account.js';
import { ButtonLink } from '../elements/links.js';
import { utcDay } from '../words/time.js';
import { deletedWords, overdueWords } from './overdue-words.js';
import { billingQuery } from './queries.js';

const stopped: Readonly<Record<Exclude<BillingView['publishing']['reason'], 'none'>, string>> = {
  spend_cap: 'This month has reached the spend cap. Raise the cap, and publishing goes on within 10 seconds; receiving goes on all the time.',
  namespace_cap: 'A namespace has reached its own spend cap. Raise it, and publishing there goes on within 10 seconds; receiving goes on all the time.',
  quota: 'The free units of this month are used up. Choose another plan, or wait for the next month; receiving goes on all the time.',
  dunning: 'An invoice is long overdue. Pay it, and publishing goes on at once.',
};

/** What is stopped or overdue, and where to end it: above every page about money, and where people start. Nothing while it is not known. */
export function BillingNotices() {
  const namespace = useNamespaceId();
  const billing = useQuery({ ...billingQuery, retry: false }).data;
  if (billing === undefined) return null;
  const { publishing, dunning, deletion, mode } = billing;
  const deleted = deletion === null ? null : deletedWords(deletion);
  const toPlan = (label: string) => <ButtonLink to="/namespaces/$namespace/billing/plan" params={{ namespace }} size="xs" variant="default">{label}</ButtonLink>;
  const toInvoices = <ButtonLink to="/namespaces/$namespace/billing/invoices" params={{ namespace }} size="xs" variant="default">See what is open</ButtonLink>;
  return (
    <>
      {publishing.reason === 'none' ? null : (
        <Alert role="alert" color="red" icon={<IconHandStop size={18} />} title={publishing.allowed ? 'Publishing is stopped in a namespace' : 'Publishing is stopped'} mb="md">
          <Stack gap="sm" align="flex-start">
            <Text size="sm">{stopped[publishing.reason]}</Text>
            {publishing.reason === 'dunning' ? null : toPlan(publishing.reason === 'quota' ? 'Choose a plan' : 'Change the cap')}
          </Stack>
        </Alert>
      )}
      {deleted === null ? null : <Alert color="red" icon={<IconTrash size={18} />} title={deleted.title} mb="md">{deleted.text}</Alert>}
      {dunning === null ? null : (
        <Alert color={dunning.stopped.length > 0 ? 'red' : 'yellow'} title={`An invoice has been overdue since ${utcDay(dunning.overdueSince)}`} mb="md">
          <Stack gap="sm" align="flex-start">
            <Text size="sm">{overdueWords(dunning, deletion)}</Text>
            <Group gap="xs">
              {toInvoices}
              {mode === 'stripe' ? toPlan('Pay by another card') : null}
            </Group>
          </Stack>
        </Alert>
      )}
    </>
  );
}
