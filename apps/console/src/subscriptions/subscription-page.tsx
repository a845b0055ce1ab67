import { Badge, Button, Group, Menu, Modal, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useRouter, useSearch } from '@tanstack/react-router';
import { askRecipient, testSubscription, type DestinationKind, type Subscription } from '@waybill/contracts';
import { IconAdjustments, IconDots, IconLink, IconRefresh, IconSend, IconTrash } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { callOperation } from '../api/control-plane.js';
import { namespaceAttempts } from '../attempts/attempt-calls.js';
import { AttemptList } from '../attempts/attempt-list.js';
import { AttemptMessage } from '../attempts/attempt-message.js';
import { kindTitle } from '../destinations/destination-words.js';
import { AwaitQuery } from '../elements/await-query.js';
import { Breadcrumb } from '../elements/breadcrumb.js';
import { TextLink } from '../elements/links.js';
import { PageTitle } from '../elements/page-title.js';
import { CreateLinkDialog } from '../portal-links/create-link-dialog.js';
import { useRefreshLinks } from '../portal-links/queries.js';
import { SubscriptionAlerts } from './alerts.js';
import { DeleteSubscriptionDialog } from './delete-subscription-dialog.js';
import { HealthTiles } from './health-tiles.js';
import { destinationKindsQuery, healthQuery, subscriptionQuery, useRefreshSubscriptions } from './queries.js';
import { HeldNotice, Recipients } from './recipients.js';
import { ResendFailedDialog, ResendProgress, type Resending } from './resend-failed.js';
import { SecretsSection } from './secrets-section.js';
import { SettingsDialog } from './settings-dialog.js';
import { StateButton, StateNotice, useStateChange } from './state-actions.js';
import { StateBadge } from './state-badge.js';
import { SubscriptionFacts } from './subscription-facts.js';
import { TestCall } from './test-call.js';

export function SubscriptionPage() {
  const { namespace, subscription: name } = useParams({ from: '/signed-in/namespaces/$namespace/subscriptions/$subscription' });
  const subscription = useQuery(subscriptionQuery(namespace, name));
  const kinds = useQuery(destinationKindsQuery(namespace));
  if (subscription.data !== undefined && kinds.data !== undefined) {
    const { data } = subscription;
    return <Loaded key={data.id} namespace={namespace} subscription={data} kind={kinds.data.items.find(({ kind }) => kind === data.kind)} />;
  }
  return (
    <>
      <PageTitle title={name} mono above={<Breadcrumb to="/namespaces/$namespace/subscriptions" label="Subscriptions" />} />
      {subscription.data === undefined ? <AwaitQuery query={subscription} rows={5}>{() => null}</AwaitQuery> : <AwaitQuery query={kinds} rows={5}>{() => null}</AwaitQuery>}
    </>
  );
}

/** @param kind undefined when this installation no longer knows the kind: the page still shows what there is */
function Loaded({ namespace, subscription, kind }: { namespace: string; subscription: Subscription; kind: DestinationKind | undefined }) {
  const router = useRouter();
  const { name, queue } = subscription;
  const filter = useSearch({ from: '/signed-in/namespaces/$namespace/subscriptions/$subscription' });
  const navigate = useNavigate({ from: '/namespaces/$namespace/subscriptions/$subscription' });
  const calls = useMemo(() => namespaceAttempts(namespace, name), [namespace, name]);
  const [dialog, setDialog] = useState<'settings' | 'delete' | 'resend' | 'test' | 'link' | null>(null);
  const [resending, setResending] = useState<Resending | null>(null);
  const change = useStateChange(namespace, name);
  const health = useQuery(healthQuery(namespace, name));
  const refresh = useRefreshSubscriptions(namespace);
  const refreshLinks = useRefreshLinks(namespace);
  const close = () => setDialog(null);
  return (
    <>
      <PageTitle
        title={name}
        mono
        above={<Breadcrumb to="/namespaces/$namespace/subscriptions" label="Subscriptions" />}
        beside={<Group gap="xs"><StateBadge {...subscription} /><Badge color="gray">{kindTitle(subscription.kind, kind === undefined ? [] : [kind])}</Badge></Group>}
        description={<>{subscription.description === '' ? '' : `${subscription.description}. `}Pushes the queue <TextLink inherit to="/namespaces/$namespace/queues/$queue" params={{ namespace, queue }} className="name">{queue}</TextLink>.</>}
        actions={
          <>
            <StateButton state={subscription.state} change={change} />
            <Button variant="default" leftSection={<IconSend size={16} />} onClick={() => setDialog('test')}>Test</Button>
            {kind === undefined ? null : <Button variant="default" leftSection={<IconAdjustments size={16} />} onClick={() => setDialog('settings')}>Edit settings</Button>}
            <Menu position="bottom-end">
              <Menu.Target><Button variant="default" px={10} aria-label="More actions"><IconDots size={16} /></Button></Menu.Target>
              <Menu.Dropdown>
                <Menu.Item leftSection={<IconLink size={16} />} onClick={() => setDialog('link')}>Make a portal link</Menu.Item>
                <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => setDialog('delete')}>Delete subscription</Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </>
        }
      />
      <Stack gap="lg">
        <StateNotice subscription={subscription} change={change} />
        {subscription.state === 'active' ? <HeldNotice subscription={subscription} /> : null}
        <Recipients recipients={subscription.recipients} ask={(address) => callOperation(askRecipient, { params: { namespace, subscription: name }, body: { address } })} refresh={refresh} />
        <SubscriptionAlerts namespace={namespace} subscription={name} failing={subscription.failingSince !== null} />
        <HealthTiles health={health} />
        <Stack gap="sm" component="section" aria-label="Attempts">
          <Group justify="space-between" gap="xs">
            <Title order={2}>Attempts</Title>
            <Button size="xs" variant="default" leftSection={<IconRefresh size={14} />} onClick={() => setDialog('resend')}>Send failed again</Button>
          </Group>
          {resending === null ? null : <ResendProgress key={resending.task} namespace={namespace} subscription={name} {...resending} />}
          <AttemptList
            calls={calls} filter={filter} none="Nothing was pushed yet. Send a test event, or publish to the queue."
            links={(attempt) => <AttemptMessage key={attempt.id} namespace={namespace} queue={queue} attempt={attempt} />}
            onFilter={(next) => void navigate({ search: next, replace: true, resetScroll: false })}
          />
        </Stack>
        <SubscriptionFacts subscription={subscription} />
        {kind === undefined || kind.secrets.length === 0 ? null : <SecretsSection namespace={namespace} subscription={name} kind={kind} />}
      </Stack>
      {kind === undefined ? null : <SettingsDialog opened={dialog === 'settings'} onClose={close} namespace={namespace} subscription={subscription} kind={kind} />}
      <ResendFailedDialog opened={dialog === 'resend'} onClose={close} namespace={namespace} subscription={name} onStarted={setResending} />
      <Modal opened={dialog === 'test'} onClose={close} title="Send a test event">
        <Stack gap="sm">
          <Text size="sm">It is sent now, whatever the state, like every message. It is not metered, and the queue is not touched.</Text>
          <TestCall primary call={() => callOperation(testSubscription, { params: { namespace, subscription: name } })} />
        </Stack>
      </Modal>
      <CreateLinkDialog opened={dialog === 'link'} onClose={close} namespace={namespace} customer={subscription.customer ?? undefined} onMade={refreshLinks} />
      <DeleteSubscriptionDialog opened={dialog === 'delete'} onClose={close} namespace={namespace} subscription={subscription} onDeleted={() => router.navigate({ to: '/namespaces/$namespace/subscriptions', params: { namespace } })} />
    </>
  );
}
