import { Badge, Button, Grid, Group, Menu, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams, useRouter } from '@tanstack/react-router';
import type { Queue } from '@waybill/contracts';
import { IconAdjustments, IconDots, IconEraser, IconTransfer, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { AwaitQuery } from '../elements/await-query.js';
import { Breadcrumb } from '../elements/breadcrumb.js';
import { PageTitle } from '../elements/page-title.js';
import { useLiveQueue } from '../figures/live.js';
import { LiveMark } from '../figures/live-mark.js';
import { LiveNotice } from '../figures/live-notice.js';
import { RateChart } from '../figures/rate-chart.js';
import { sum } from '../figures/readings.js';
import { DepthTiles } from '../overview/depth-tiles.js';
import { duration, seconds } from '../words/time.js';
import { FactList } from '../elements/fact-list.js';
import { DeleteQueueDialog } from './delete-queue-dialog.js';
import { PublishCard } from '../messages/publish-card.js';
import { PurgeDialog } from './purge-dialog.js';
import { queueQuery } from './queries.js';
import { QueueBindings } from './queue-bindings.js';
import { ReceiveCard } from '../messages/receive-card.js';
import { queueKindWords, unusualSettings } from './queue-words.js';
import { QueueSubscriptions } from '../subscriptions/queue-subscriptions.js';
import { SettingsDialog } from './settings-dialog.js';
import { StartTaskDialog } from '../tasks/start-task-dialog.js';

export function QueuePage() {
  const { namespace, queue: name } = useParams({ from: '/signed-in/namespaces/$namespace/queues/$queue' });
  const queue = useQuery(queueQuery(namespace, name));
  if (queue.data !== undefined) return <LoadedQueue key={queue.data.id} namespace={namespace} queue={queue.data} />;
  return (
    <>
      <PageTitle title={name} mono above={<Breadcrumb to="/namespaces/$namespace/queues" label="Queues" />} />
      <AwaitQuery query={queue} rows={4}>{() => null}</AwaitQuery>
    </>
  );
}

function LoadedQueue({ namespace, queue }: { namespace: string; queue: Queue }) {
  const router = useRouter();
  const live = useLiveQueue(namespace, queue.name);
  const [dialog, setDialog] = useState<'settings' | 'purge' | 'task' | 'delete' | null>(null);
  const close = () => setDialog(null);
  const figures = live.data?.queues.get(queue.name);
  const oldest = figures?.oldestReadyAgeMs ?? null;
  return (
    <>
      <PageTitle
        title={queue.name}
        mono
        above={<Breadcrumb to="/namespaces/$namespace/queues" label="Queues" />}
        beside={
          <Group gap="xs">
            <Badge color="petrol" title={queueKindWords[queue.kind]}>{queue.kind}</Badge>
            <LiveMark live={live.data !== undefined && live.error === null} />
          </Group>
        }
        description={`Lease ${seconds(queue.leaseSeconds)}, ${queue.deliveryLimit === null ? 'no delivery limit' : `dead letters after ${queue.deliveryLimit} deliveries`}${oldest === null ? '' : `. Oldest ready message: ${duration(oldest)}`}.`}
        actions={
          <>
            <Button variant="default" leftSection={<IconAdjustments size={16} />} onClick={() => setDialog('settings')}>Edit settings</Button>
            <Button variant="default" leftSection={<IconEraser size={16} />} onClick={() => setDialog('purge')}>Purge</Button>
            <Menu position="bottom-end">
              <Menu.Target>
                <Button variant="default" px={10} aria-label="More actions"><IconDots size={16} /></Button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item leftSection={<IconTransfer size={16} />} onClick={() => setDialog('task')}>Redrive, move or purge some</Menu.Item>
                <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => setDialog('delete')}>Delete queue</Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </>
        }
      />
      <Stack gap="lg">
        <LiveNotice query={live} />
        <DepthTiles live={live.data} />
        <Grid gap="lg">
          <Grid.Col span={{ base: 12, md: 6 }}>
            <PublishCard namespace={namespace} queue={queue.name} />
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 6 }}>
            <ReceiveCard namespace={namespace} queue={queue} />
          </Grid.Col>
        </Grid>
        <RateChart title="Messages per second" points={live.data?.points ?? []} now={live.data?.rates.size ? sum(live.data.rates) : null} />
        <QueueSubscriptions namespace={namespace} queue={queue.name} />
        <FactList title="Settings" note="Only what differs from the usual." none="All settings are as usual: a lease of 30 s and dead letters after 10 deliveries." facts={unusualSettings(queue)} />
        <QueueBindings namespace={namespace} queue={queue.name} />
      </Stack>
      <SettingsDialog opened={dialog === 'settings'} onClose={close} namespace={namespace} queue={queue} />
      <PurgeDialog opened={dialog === 'purge'} onClose={close} namespace={namespace} queue={queue.name} figures={figures} />
      <StartTaskDialog
        opened={dialog === 'task'} onClose={close} namespace={namespace} queue={queue.name} kind={figures !== undefined && figures.dead > 0 ? 'redrive' : 'move'}
        onStarted={() => void router.navigate({ to: '/namespaces/$namespace/tasks', params: { namespace } })}
      />
      <DeleteQueueDialog
        opened={dialog === 'delete'}
        onClose={close}
        namespace={namespace}
        queue={queue}
        figures={figures}
        onDeleted={() => router.navigate({ to: '/namespaces/$namespace/queues', params: { namespace } })}
      />
    </>
  );
}
