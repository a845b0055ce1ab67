import { Button, Stack, Text, Title } from '@mantine/core';
import type { getFinanceOverview, Reply } from '@waybill/contracts';
import { useState } from 'react';
import { RecordTable, type Column } from '../elements/record-table.js';
import { serverNowMs } from '../words/server-time.js';
import { ago } from '../words/time.js';
import { alertWords } from './check-words.js';
import { SendAgainDialog, type TenantRef } from './send-again-dialog.js';
import { UsageBatchDialog } from './usage-batch-dialog.js';

type Alert = Reply<typeof getFinanceOverview>['alerts'][number];

const columns: Column<Alert>[] = [
  { header: 'What', cell: ({ code }) => <>{alertWords(code).title}<Text size="xs" c="dimmed">{alertWords(code).todo}</Text></> },
  { header: 'Tenant', wide: true, cell: ({ tenant }) => tenant ?? '–' },
  { header: 'Since', wide: true, cell: ({ raisedAt }) => ago(raisedAt, serverNowMs()) },
  { header: 'Details', line: true, cell: ({ detail }) => <div className="cause name">{detail}</div> },
];

/** What a person must see to; nothing at all when there is nothing. */
export function AlertList({ alerts, mayWrite }: { alerts: readonly Alert[]; mayWrite: boolean }) {
  const [sending, setSending] = useState<TenantRef | null>(null);
  const [unbooked, setUnbooked] = useState<string | null>(null);
  const actions = ({ code, subject, tenantId, tenant }: Alert) => {
    if (code === 'meter_push_parked' && tenantId !== null) {
      return <Button size="compact-sm" variant="default" disabled={!mayWrite} onClick={() => setSending({ tenantId, tenant: tenant ?? tenantId })} aria-label={`Send usage of ${tenant ?? tenantId} again`}>Send again</Button>;
    }
    if (code !== 'usage_batch_parked' && code !== 'usage_batch_lost') return null;
    // Of a lost batch the subject names the batch too.
    const [namespaceId] = subject.split(' ');
    return <Button size="compact-sm" variant="default" disabled={!mayWrite} onClick={() => setUnbooked(namespaceId!)} aria-label={`See to usage of ${tenant ?? namespaceId}`}>See to it</Button>;
  };
  if (alerts.length === 0) return null;
  return (
    <Stack gap="xs" component="section" aria-label="Alerts">
      <Title order={2} size="h4">Alerts</Title>
      <Text size="sm" c="dimmed">Each one needs a person, and goes away when its cause does.</Text>
      <RecordTable label="Alerts" columns={columns} rows={alerts} rowKey={({ code, subject }) => `${code} ${subject}`} actions={actions} />
      <SendAgainDialog of={sending} onClose={() => setSending(null)} />
      <UsageBatchDialog namespaceId={unbooked} onClose={() => setUnbooked(null)} />
    </Stack>
  );
}
