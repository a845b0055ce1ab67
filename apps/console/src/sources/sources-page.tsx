import { Badge, Button, EmptyState, Group, Modal, Paper, Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import type { putSource, Reply, Source } from '@waybill/contracts';
import { IconPlus, IconWebhook } from '@tabler/icons-react';
import { useState } from 'react';
import { useNamespaceId } from '../account/account.js';
import { AwaitQuery } from '../elements/await-query.js';
import { CopyAction } from '../elements/copy.js';
import { TextLink } from '../elements/links.js';
import { PageTitle } from '../elements/page-title.js';
import { RecordTable, type Column } from '../elements/record-table.js';
import { ShowMore } from '../elements/show-more.js';
import { ShownSecrets } from '../subscriptions/shown-secrets.js';
import { sourcesQuery } from './queries.js';
import { schemeWords } from './scheme.js';
import { SourceForm } from './source-form.js';
import { SourceUrl } from './source-url.js';

/** Where webhooks of others come in. */
export function SourcesPage() {
  const namespace = useNamespaceId();
  const router = useRouter();
  const sources = useInfiniteQuery(sourcesQuery(namespace));
  const [creating, setCreating] = useState(false);
  const [created, setCreated] = useState<Reply<typeof putSource> | null>(null);
  const open = (source: string) => void router.navigate({ to: '/namespaces/$namespace/sources/$source', params: { namespace, source } });
  const create = <Button leftSection={<IconPlus size={16} />} onClick={() => setCreating(true)}>Create source</Button>;
  const columns: Column<Source>[] = [
    {
      header: 'Source',
      cell: ({ name, description }) => (
        <>
          <TextLink to="/namespaces/$namespace/sources/$source" params={{ namespace, source: name }} className="name" fw={550}>{name}</TextLink>
          {description === '' ? null : <Text size="xs" c="dimmed" lineClamp={1}>{description}</Text>}
        </>
      ),
    },
    { header: 'State', wide: true, cell: ({ paused }) => <Badge component="span" miw="max-content" color={paused ? 'gray' : 'petrol'}>{paused ? 'Paused' : 'Active'}</Badge> },
    { header: 'Signed by', wide: true, cell: ({ scheme }) => schemeWords[scheme.kind] },
    { header: 'Exchange', wide: true, cell: ({ exchange }) => <TextLink to="/namespaces/$namespace/exchanges/$exchange" params={{ namespace, exchange }} className="name">{exchange}</TextLink> },
    { header: 'Routing key', wide: true, cell: ({ key }) => <span className="name">{key}</span> },
  ];
  return (
    <>
      <PageTitle title="Sources" description="A source is an address that takes the webhooks of others, checks their signature and publishes them to an exchange." actions={sources.data?.length ? create : null} />
      <AwaitQuery query={sources}>
        {(items) =>
          items.length === 0 ? (
            <Paper p="xl">
              <EmptyState icon={<IconWebhook size={30} />} title="No sources yet" description="Create one for GitHub, Stripe or anyone who signs by Standard Webhooks or an HMAC, and give its URL to the sender.">
                <EmptyState.Actions>{create}</EmptyState.Actions>
              </EmptyState>
            </Paper>
          ) : (
            <Stack gap="md">
              <RecordTable label="Sources" columns={columns} rows={items} rowKey={({ id }) => id} actions={({ url, name }) => <CopyAction value={url} label={`Copy the URL of ${name}`} />} />
              <ShowMore query={sources} />
            </Stack>
          )
        }
      </AwaitQuery>
      <Modal opened={creating && created === null} onClose={() => setCreating(false)} title="Create source" size="lg">
        <SourceForm namespace={namespace} source={null} onCancel={() => setCreating(false)} onSaved={setCreated} />
      </Modal>
      <Modal opened={created !== null} onClose={() => setCreated(null)} title="Give this to the sender" closeOnClickOutside={false} closeOnEscape={false} withCloseButton={false} size="lg">
        {created === null ? null : (
          <Stack gap="md">
            <SourceUrl url={created.url} />
            {created.secret === null ? null : <ShownSecrets secrets={[{ id: created.secret.id, name: 'signing', value: created.secret.value }]} sender />}
            <Group justify="flex-end">
              <Button
                variant="default"
                onClick={() => {
                  setCreated(null);
                  setCreating(false);
                  open(created.name);
                }}
              >
                {created.secret === null ? 'Done' : 'I have stored them'}
              </Button>
            </Group>
          </Stack>
        )}
      </Modal>
    </>
  );
}
