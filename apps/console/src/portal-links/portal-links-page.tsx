import { Badge, Button, Checkbox, EmptyState, Paper, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { revokePortalLink, revokePortalLinks, type PortalLinkView } from '@waybill/contracts';
import { IconLink, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useNamespaceId } from '../account/account.js';
import { callOperation } from '../api/control-plane.js';
import { focusHeading } from '../elements/arrival.js';
import { AwaitQuery } from '../elements/await-query.js';
import { Breadcrumb } from '../elements/breadcrumb.js';
import { ConfirmDialog } from '../elements/confirm-dialog.js';
import { TextLink } from '../elements/links.js';
import { notice } from '../elements/notice.js';
import { PageTitle } from '../elements/page-title.js';
import { RecordTable, type Column } from '../elements/record-table.js';
import { ShowMore } from '../elements/show-more.js';
import { serverNowMs } from '../words/server-time.js';
import { dateTime, duration } from '../words/time.js';
import { CreateLinkDialog } from './create-link-dialog.js';
import { portalLinksQuery, useRefreshLinks } from './queries.js';

/** With which links the tenant's own customers may come in now. */
export function PortalLinksPage() {
  const namespace = useNamespaceId();
  const refresh = useRefreshLinks(namespace);
  const links = useInfiniteQuery(portalLinksQuery(namespace));
  const [creating, dialog] = useDisclosure(false);
  const [revoked, setRevoked] = useState<PortalLinkView | null>(null);
  const [all, setAll] = useState(false);
  const close = () => {
    revoke.reset();
    setRevoked(null);
    setAll(false);
  };
  const revoke = useMutation({
    mutationFn: async ({ id, customer }: PortalLinkView) => {
      if (all) await callOperation(revokePortalLinks, { params: { namespace }, body: { customer } });
      else await callOperation(revokePortalLink, { params: { namespace, link: id } });
      await refresh();
    },
    onSuccess: (_done, { customer }) => {
      notice(all ? `Every link of ${customer} is revoked.` : 'The link is revoked.');
      close();
      focusHeading();
    },
  });
  const create = <Button leftSection={<IconPlus size={16} />} onClick={dialog.open}>Make a portal link</Button>;
  const nowMs = serverNowMs();
  const columns: Column<PortalLinkView>[] = [
    { header: 'Customer', cell: ({ customer }) => <span className="name" style={{ fontWeight: 550 }}>{customer}</span> },
    { header: 'State', wide: true, cell: ({ revokedAt }) => <Badge component="span" miw="max-content" color={revokedAt === null ? 'petrol' : 'red'}>{revokedAt === null ? 'Open' : 'Revoked'}</Badge> },
    { header: 'Events of', wide: true, cell: ({ exchange, keyPrefix }) => <><TextLink to="/namespaces/$namespace/exchanges/$exchange" params={{ namespace, exchange }} className="name">{exchange}</TextLink><Text component="span" size="xs" c="dimmed" display="block">{keyPrefix === '' ? 'every key' : <>keys under <span className="name">{keyPrefix}</span></>}</Text></> },
    { header: 'Made', wide: true, cell: ({ createdAt }) => dateTime(createdAt) },
    { header: 'Ends', wide: true, cell: ({ expiresAt, revokedAt }) => (revokedAt === null ? `in ${duration(Math.max(0, Date.parse(expiresAt) - nowMs))}` : dateTime(revokedAt)) },
  ];
  return (
    <>
      <PageTitle
        title="Portal links" above={<Breadcrumb to="/namespaces/$namespace/subscriptions" label="Subscriptions" />}
        description="With a link, one of your own customers manages its endpoints, and nothing else. A link ends by itself, at the latest after a day, or when you revoke it." actions={links.data?.length ? create : null}
      />
      <AwaitQuery query={links}>
        {(items) =>
          items.length === 0 ? (
            <Paper p="xl">
              <EmptyState icon={<IconLink size={30} />} title="No open portal links" description="Make one for a customer by hand, or let your application make one whenever a customer opens the page.">
                <EmptyState.Actions>{create}</EmptyState.Actions>
              </EmptyState>
            </Paper>
          ) : (
            <Stack gap="md">
              <RecordTable
                label="Portal links" columns={columns} rows={items} rowKey={({ id }) => id}
                actions={(link) => (link.revokedAt !== null ? null : <Button size="compact-sm" variant="default" miw="max-content" c="var(--mantine-color-error)" aria-label={`Revoke the link of ${link.customer} made ${dateTime(link.createdAt)}`} onClick={() => setRevoked(link)}>Revoke</Button>)}
              />
              <ShowMore query={links} />
            </Stack>
          )
        }
      </AwaitQuery>
      <CreateLinkDialog opened={creating} onClose={dialog.close} namespace={namespace} onMade={refresh} />
      <ConfirmDialog opened={revoked !== null} title={`Revoke the link of ${revoked?.customer ?? ''}?`} confirmLabel={all ? 'Revoke links' : 'Revoke link'} pending={revoke.isPending} error={revoke.error} onClose={close} onConfirm={() => revoked !== null && revoke.mutate(revoked)}>
        <Stack gap="sm">
          <Text size="sm">Who has it is told that it has expired, from the next click on. Endpoints stay and go on.</Text>
          <Checkbox label="Revoke every link that this customer has now" checked={all} onChange={(event) => setAll(event.currentTarget.checked)} />
        </Stack>
      </ConfirmDialog>
    </>
  );
}
