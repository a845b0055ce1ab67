import { Badge, Button, Menu, Text, VisuallyHidden } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { IconSelector } from '@tabler/icons-react';
import { Fragment } from 'react';
import { accountQuery, usePlace } from '../account/account.js';

/** Says where the person is and leads to the other namespaces they may open. */
export function NamespaceSwitcher() {
  const router = useRouter();
  const here = usePlace();
  const account = useQuery(accountQuery).data;
  if (here === null || account === undefined) return null;
  return (
    <Menu position="bottom-start" withinPortal width={280}>
      <Menu.Target>
        <Button
          variant="default"
          size="xs"
          h={34}
          px={10}
          miw={0}
          rightSection={<IconSelector size={15} />}
          styles={{ inner: { minWidth: 0 }, label: { minWidth: 0, gap: 8 }, root: { flexShrink: 1 } }}
        >
          <VisuallyHidden>Switch namespace, now </VisuallyHidden>
          <Text component="span" size="sm" c="dimmed" truncate visibleFrom="xs">{here.tenant.name}</Text>
          <Text component="span" size="sm" c="dimmed" visibleFrom="xs" aria-hidden="true">/</Text>
          <Text component="span" size="sm" fw={600} truncate>{here.namespace.name}</Text>
          <EnvironmentBadge environment={here.namespace.environment} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup value={here.namespace.id} onChange={(namespace) => void router.navigate({ to: '/namespaces/$namespace/overview', params: { namespace } })}>
          {account.tenants.map((tenant) => (
            <Fragment key={tenant.id}>
              <Menu.Label>{tenant.name}</Menu.Label>
              {tenant.namespaces.map((namespace) => (
                <Menu.RadioItem key={namespace.id} value={namespace.id} closeMenuOnClick rightSection={<EnvironmentBadge environment={namespace.environment} />}>
                  {namespace.name}
                </Menu.RadioItem>
              ))}
            </Fragment>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}

function EnvironmentBadge({ environment }: { environment: 'live' | 'test' }) {
  return (
    <Badge component="span" size="sm" color={environment === 'live' ? 'petrol' : 'gray'} style={{ flexShrink: 0 }}>
      {environment}
    </Badge>
  );
}
