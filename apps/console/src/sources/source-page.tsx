import { Alert, Badge, Button, Group, Menu, Modal, Paper, Stack, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useParams, useRouter } from '@tanstack/react-router';
import { deleteSource, putSource, type Source } from '@waybill/contracts';
import { IconAdjustments, IconDots, IconPlayerPause, IconPlayerPlay, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { callOperation } from '../api/control-plane.js';
import { labelOf } from '../destinations/json-schema.js';
import { AwaitQuery } from '../elements/await-query.js';
import { Breadcrumb } from '../elements/breadcrumb.js';
import { ConfirmDialog } from '../elements/confirm-dialog.js';
import { FactList } from '../elements/fact-list.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { TextLink } from '../elements/links.js';
import { notice } from '../elements/notice.js';
import { PageTitle } from '../elements/page-title.js';
import { dateTime } from '../words/time.js';
import { sourceQuery, useRefreshSources } from './queries.js';
import { schemeNotes, schemeWords } from './scheme.js';
import { draftOfSource, sourceBody } from './source-draft.js';
import { SourceForm } from './source-form.js';
import { RefusedCalls } from './refused-calls.js';
import { SourceSecrets } from './source-secrets.js';
import { SourceUrl } from './source-url.js';

export function SourcePage() {
  const { namespace, source: name } = useParams({ from: '/signed-in/namespaces/$namespace/sources/$source' });
  const source = useQuery(sourceQuery(namespace, name));
  if (source.data !== undefined) return <Loaded key={source.data.id} namespace={namespace} source={source.data} />;
  return (
    <>
      <PageTitle title={name} mono above={<Breadcrumb to="/namespaces/$namespace/sources" label="Sources" />} />
      <AwaitQuery query={source} rows={4}>{() => null}</AwaitQuery>
    </>
  );
}

function Loaded({ namespace, source }: { namespace: string; source: Source }) {
  const router = useRouter();
  const refresh = useRefreshSources(namespace);
  const { name, paused, exchange, scheme, url, description } = source;
  const params = { namespace, source: name };
  const [dialog, setDialog] = useState<'settings' | 'delete' | null>(null);
  const toggle = useMutation({
    mutationFn: async () => {
      await callOperation(putSource, { params, body: sourceBody(draftOfSource(source), !paused) });
      await refresh();
    },
    onSuccess: () => notice(paused ? 'Resumed. It takes calls again.' : 'Paused. Senders are told to come again later.'),
  });
  const remove = useMutation({
    mutationFn: () => callOperation(deleteSource, { params }),
    onSuccess: async () => {
      notice(`Source ${name} deleted.`);
      await router.navigate({ to: '/namespaces/$namespace/sources', params: { namespace } });
      await refresh();
    },
  });
  const details = Object.entries(scheme).flatMap(([field, value]) => {
    const note = schemeNotes[`scheme.${field}`];
    return field === 'kind' || value === '' ? [] : [{ label: note?.label ?? labelOf(field), value: note?.options?.[String(value)] ?? String(value) }];
  });
  return (
    <>
      <PageTitle
        title={name}
        mono
        above={<Breadcrumb to="/namespaces/$namespace/sources" label="Sources" />}
        beside={<Group gap="xs"><Badge color={paused ? 'gray' : 'petrol'}>{paused ? 'Paused' : 'Active'}</Badge><Badge color="gray">{schemeWords[scheme.kind]}</Badge></Group>}
        description={<>{description === '' ? '' : `${description}. `}Publishes to <TextLink inherit to="/namespaces/$namespace/exchanges/$exchange" params={{ namespace, exchange }} className="name">{exchange}</TextLink>.</>}
        actions={
          <>
            <Button {...(paused ? {} : { variant: 'default' })} leftSection={paused ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />} loading={toggle.isPending} onClick={() => toggle.mutate()}>{paused ? 'Resume' : 'Pause'}</Button>
            <Button variant="default" leftSection={<IconAdjustments size={16} />} onClick={() => setDialog('settings')}>Edit settings</Button>
            <Menu position="bottom-end">
              <Menu.Target><Button variant="default" px={10} aria-label="More actions"><IconDots size={16} /></Button></Menu.Target>
              <Menu.Dropdown><Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => setDialog('delete')}>Delete source</Menu.Item></Menu.Dropdown>
            </Menu>
          </>
        }
      />
      <Stack gap="lg">
        {toggle.error === null ? null : <FailureAlert error={toggle.error} />}
        {paused ? <Alert color="gray" icon={<IconPlayerPause size={18} />} title="Paused">It takes nothing: senders are answered 503 and come again by their own schedule.</Alert> : null}
        <Paper p="md"><SourceUrl url={url} /></Paper>
        <FactList
          title="Settings"
          facts={[
            { label: 'Signed by', value: schemeWords[scheme.kind] },
            ...details,
            { label: 'Routing key', value: source.key },
            ...(source.keepHeaders.length === 0 ? [] : [{ label: 'Headers kept', value: source.keepHeaders.join(', ') }]),
            { label: 'Created', value: dateTime(source.createdAt) },
            ...(source.changedAt === source.createdAt ? [] : [{ label: 'Changed', value: dateTime(source.changedAt) }]),
          ]}
        />
        <RefusedCalls namespace={namespace} source={name} />
        <SourceSecrets namespace={namespace} source={source} />
      </Stack>
      <Modal opened={dialog === 'settings'} onClose={() => setDialog(null)} title={`Settings of ${name}`} size="lg">
        <SourceForm namespace={namespace} source={source} onCancel={() => setDialog(null)} onSaved={() => { setDialog(null); notice('Settings saved. They hold from now on.'); }} />
      </Modal>
      <ConfirmDialog opened={dialog === 'delete'} onClose={() => { remove.reset(); setDialog(null); }} title={`Delete source ${name}`} confirmLabel="Delete source" typeToConfirm={name} onConfirm={() => remove.mutate()} pending={remove.isPending} error={remove.error}>
        <Text size="sm">Its address answers 404 from then on, and a source of the same name gets another one. It cannot be undone.</Text>
      </ConfirmDialog>
    </>
  );
}
