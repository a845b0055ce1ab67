import { AppShell, Group, Text } from '@mantine/core';
import { Outlet } from '@tanstack/react-router';
import { PlainLink } from '../elements/links.js';
import { Sections, type Section } from '../elements/sections.js';
import { AccountMenu } from '../shell/account-menu.js';
import { DemonstrationBanner } from '../shell/demonstration-banner.js';
import { ThemeMenu } from '../shell/theme-menu.js';
import { Wordmark } from '../theme/wordmark.js';

const sections: readonly Section[] = [
  { label: 'Overview', to: '/finance', exact: true },
  { label: 'Close board', to: '/finance/close' },
  { label: 'Invoices', to: '/finance/invoices' },
  { label: 'Revenue', to: '/finance/revenue' },
  { label: 'Variance', to: '/finance/variance' },
  { label: 'Deletions', to: '/finance/deletions' },
  { label: 'Approvals', to: '/finance/approvals' },
  { label: 'Exports', to: '/finance/exports' },
  { label: 'History', to: '/finance/history' },
];

/** Frame of the pages for the finance people of the company that runs this installation: all tenants, no messages. */
export function FinanceShell() {
  return (
    <AppShell header={{ height: 56 }} padding={{ base: 'md', sm: 'lg', lg: 'xl' }}>
      <a className="skip-link" href="#main">Skip to content</a>
      <AppShell.Header>
        <Group h="100%" px="md" gap="sm" wrap="nowrap">
          <PlainLink to="/" aria-label="Waybill, console">
            <Group component="span" visibleFrom="sm"><Wordmark /></Group>
            <Group component="span" hiddenFrom="sm"><Wordmark markOnly /></Group>
          </PlainLink>
          <Text fw={600} size="sm" flex={1} ml={{ base: 0, sm: 'lg' }}>Finance</Text>
          <Group gap={4} wrap="nowrap">
            <ThemeMenu />
            <AccountMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Main id="main" tabIndex={-1}>
        <div style={{ maxWidth: 1280, margin: '0 auto' }}>
          <DemonstrationBanner />
          <Sections label="Finance" sections={sections} />
          <Outlet />
        </div>
      </AppShell.Main>
    </AppShell>
  );
}
