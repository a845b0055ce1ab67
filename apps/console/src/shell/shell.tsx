import { ActionIcon, AppShell, Drawer, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Outlet } from '@tanstack/react-router';
import { IconMenu2 } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useNamespaceId } from '../account/account.js';
import { PlainLink } from '../elements/links.js';
import { Wordmark } from '../theme/wordmark.js';
import { AccountMenu } from './account-menu.js';
import { DemonstrationBanner } from './demonstration-banner.js';
import { keepLastNamespace } from './last-namespace.js';
import { NamespaceSwitcher } from './namespace-switcher.js';
import { Navigation } from './navigation.js';
import { ThemeMenu } from './theme-menu.js';

/** Frame of every page inside a namespace. */
export function Shell() {
  const [opened, drawer] = useDisclosure(false);
  const namespace = useNamespaceId();
  useEffect(() => keepLastNamespace(namespace), [namespace]);
  return (
    <AppShell header={{ height: 56 }} navbar={{ width: 216, breakpoint: 'sm', collapsed: { mobile: true } }} padding={{ base: 'md', sm: 'lg', lg: 'xl' }}>
      <a className="skip-link" href="#main">Skip to content</a>
      <AppShell.Header>
        <Group h="100%" px="md" gap="sm" wrap="nowrap">
          <ActionIcon variant="subtle" color="gray" size="lg" hiddenFrom="sm" onClick={drawer.open} aria-label="Menu" aria-expanded={opened}>
            <IconMenu2 size={20} />
          </ActionIcon>
          <PlainLink to="/namespaces/$namespace/overview" params={{ namespace }} aria-label="Waybill, overview">
            <Group component="span" visibleFrom="sm"><Wordmark /></Group>
            <Group component="span" hiddenFrom="sm"><Wordmark markOnly /></Group>
          </PlainLink>
          <Group flex={1} miw={0} ml={{ base: 0, sm: 'lg' }} wrap="nowrap">
            <NamespaceSwitcher />
          </Group>
          <Group gap={4} wrap="nowrap">
            <ThemeMenu />
            <AccountMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" visibleFrom="sm">
        <Navigation />
      </AppShell.Navbar>
      <Drawer opened={opened} onClose={drawer.close} title={<Wordmark />} size={264} closeButtonProps={{ 'aria-label': 'Close menu' }}>
        <Navigation onFollow={drawer.close} />
      </Drawer>
      <AppShell.Main id="main" tabIndex={-1}>
        <div style={{ maxWidth: 1180, margin: '0 auto' }}>
          <DemonstrationBanner />
          <Outlet />
        </div>
      </AppShell.Main>
    </AppShell>
  );
}
