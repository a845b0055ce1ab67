import { Box } from '@mantine/core';
import { IconChevronLeft } from '@tabler/icons-react';
import { useNamespaceId } from '../account/account.js';
import { TextLink } from './links.js';

interface BreadcrumbProps {
  readonly to: '/namespaces/$namespace/queues' | '/namespaces/$namespace/exchanges' | '/namespaces/$namespace/subscriptions' | '/namespaces/$namespace/sources';
  readonly label: string;
}

/** The way back to the list. */
export function Breadcrumb({ to, label }: BreadcrumbProps) {
  const namespace = useNamespaceId();
  return (
    <Box component="nav" aria-label="Breadcrumb">
      <TextLink to={to} params={{ namespace }} size="sm" c="dimmed" style={{ display: 'inline-flex', alignItems: 'center', gap: 2 }}>
        <IconChevronLeft size={15} aria-hidden="true" />
        {label}
      </TextLink>
    </Box>
  );
}
