import { Alert, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Reply, listSubscriptionAlerts } from '@waybill/contracts';
import { IconAlertTriangle } from '@tabler/icons-react';
import { serverNowMs } from '../words/server-time.js';
import { ago, dateTime, duration } from '../words/time.js';
import { alertsQuery } from './queries.js';

type PushAlert = Reply<typeof listSubscriptionAlerts>['items'][number];

/** What the alert says: how far towards being disabled, or that it was. */
export function alertWords({ reason, percent }: Pick<PushAlert, 'reason' | 'percent'>): string {
  if (reason === 'gone') return 'The destination said that it is gone; the subscription was disabled.';
  return percent >= 100 ? 'It failed for too long and was disabled.' : `It keeps failing: ${percent} % of the time until it is disabled has passed.`;
}

/** The newest warning in full, older ones of the same failure as lines. */
export function SubscriptionAlerts({ namespace, subscription, failing }: { namespace: string; subscription: string; failing: boolean }) {
  const alerts = useQuery(alertsQuery(namespace, subscription));
  const items = alerts.data?.items ?? [];
  const [newest, ...older] = items;
  if (newest === undefined || !failing) return null;
  const now = serverNowMs();
  return (
    <Alert color={newest.percent >= 100 ? 'red' : 'yellow'} icon={<IconAlertTriangle size={18} />} title={alertWords(newest)}>
      <Stack gap={4}>
        <Text size="sm">Failing since {dateTime(newest.failingSince)} ({duration(now - Date.parse(newest.failingSince))}). Last answer: {newest.lastAnswer}.</Text>
        {older.slice(0, 4).map((alert) => <Text size="xs" c="dimmed" key={`${alert.raisedAt} ${alert.percent}`}>{ago(alert.raisedAt, now)}: {alert.percent} %, {alert.lastAnswer}</Text>)}
      </Stack>
    </Alert>
  );
}
