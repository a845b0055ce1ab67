import { Box } from '@mantine/core';
import { IconChevronLeft } from '@tabler/icons-react';
import type { LinkProps } from '@tanstack/react-router';
import { TextLink } from './links.js';

interface LinkBackProps {
  readonly to: NonNullable<LinkProps['to']>;
  readonly params?: Readonly<Record<string, string>>;
  readonly label: string;
}

/** The way back to what this page is a part of. */
export function LinkBack({ to, params = {}, label }: LinkBackProps) {
  return (
    <Box component="nav" aria-label="Breadcrumb">
      <TextLink to={to} params={params as never} size="sm" c="dimmed" style={{ display: 'inline-flex', alignItems: 'center', gap: 2 }}>
        <IconChevronLeft size={15} aria-hidden="true" />
        {label}
      </TextLink>
    </Box>
  );
}
