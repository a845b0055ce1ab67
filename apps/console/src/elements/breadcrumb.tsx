import type { LinkProps } from '@tanstack/react-router';
import { useNamespaceId } from '../account/account.js';
import { LinkBack } from './link-back.js';

interface BreadcrumbProps {
  readonly to: NonNullable<LinkProps['to']>;
  readonly label: string;
}

/** The way back to a list of the namespace. */
export function Breadcrumb({ to, label }: BreadcrumbProps) {
  return <LinkBack to={to} params={{ namespace: useNamespaceId() }} label={label} />;
}
