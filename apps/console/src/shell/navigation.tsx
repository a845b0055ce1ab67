import { Stack } from '@mantine/core';
import { IconArrowsShuffle, IconCalendarRepeat, IconChartBar, IconFileInvoice, IconKey, IconLayoutDashboard, IconListCheck, IconRocket, IconSend, IconSettings, IconStack2, IconTransfer, IconWebhook } from '@tabler/icons-react';
import { useNamespaceId } from '../account/account.js';
import { NavigationLink } from '../elements/links.js';

const rooms = [
  { to: '/namespaces/$namespace/overview', label: 'Overview', icon: IconLayoutDashboard },
  { to: '/namespaces/$namespace/exchanges', label: 'Exchanges', icon: IconArrowsShuffle },
  { to: '/namespaces/$namespace/queues', label: 'Queues', icon: IconStack2 },
  { to: '/namespaces/$namespace/schedules', label: 'Schedules', icon: IconCalendarRepeat },
  { to: '/namespaces/$namespace/tasks', label: 'Tasks', icon: IconTransfer },
  { to: '/namespaces/$namespace/subscriptions', label: 'Subscriptions', icon: IconSend },
  { to: '/namespaces/$namespace/attempts', label: 'Attempts', icon: IconListCheck },
  { to: '/namespaces/$namespace/sources', label: 'Sources', icon: IconWebhook },
  { to: '/namespaces/$namespace/keys', label: 'Keys', icon: IconKey },
  { to: '/namespaces/$namespace/usage', label: 'Usage', icon: IconChartBar },
  { to: '/namespaces/$namespace/billing', label: 'Billing', icon: IconFileInvoice },
  { to: '/namespaces/$namespace/settings', label: 'Settings', icon: IconSettings },
  { to: '/namespaces/$namespace/getting-started', label: 'Getting started', icon: IconRocket },
] as const;

export function Navigation({ onFollow }: { onFollow?: () => void }) {
  const namespace = useNamespaceId();
  return (
    <Stack component="nav" aria-label="Main" gap={2}>
      {rooms.map(({ to, label, icon: Icon }) => (
        <NavigationLink
          key={to}
          to={to}
          params={{ namespace }}
          label={label}
          leftSection={<Icon size={18} stroke={1.7} />}
          activeProps={{ active: true }}
          styles={{ root: { borderRadius: 'var(--mantine-radius-sm)' }, label: { fontWeight: 500 } }}
          {...(onFollow === undefined ? {} : { onClick: onFollow })}
        />
      ))}
    </Stack>
  );
}
