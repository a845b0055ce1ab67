import { ActionIcon, Menu, Text, Tooltip } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { IconLogout, IconReportMoney, IconUser } from '@tabler/icons-react';
import { accountQuery, useSignOut } from '../account/account.js';
import { failureText } from '../api/failure.js';
import { notice } from '../elements/notice.js';

export function AccountMenu() {
  const account = useQuery(accountQuery).data;
  const signOut = useMutation({ mutationFn: useSignOut(), onError: (error) => notice(`Could not sign out. ${failureText(error).detail}`) });
  return (
    <Menu position="bottom-end" withinPortal width={240}>
      <Menu.Target>
        <Tooltip label="Account">
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Account" loading={signOut.isPending}>
            <IconUser size={18} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          Signed in as
          <Text size="sm" c="var(--mantine-color-text)" truncate>{account?.user.email}</Text>
        </Menu.Label>
        <Menu.Divider />
        {(account?.operator ?? null) === null ? null : (
          <Menu.Item component={Link} to="/finance" leftSection={<IconReportMoney size={16} />}>
            Finance
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => signOut.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
