import { Button, EmptyState, Paper, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { IconPlus, IconStack2 } from '@tabler/icons-react';
import { useNamespaceId } from '../account/account.js';
import { AwaitQuery } from '../elements/await-query.js';
import { PageTitle } from '../elements/page-title.js';
import { ShowMore } from '../elements/show-more.js';
import { useLiveFigures } from '../figures/live.js';
import { LiveNotice } from '../figures/live-notice.js';
import { seconds } from '../words/time.js';
import { CreateQueueDialog } from './create-queue-dialog.js';
import { queuesQuery } from './queries.js';
import { QueueTable } from './queue-table.js';

const settings = [
  { header: 'Kind', cell: (queue: { kind: string }) => queue.kind },
  { header: 'Lease', cell: (queue: { leaseSeconds: number }) => seconds(queue.leaseSeconds) },
  { header: 'Limit', cell: (queue: { deliveryLimit: number | null }) => queue.deliveryLimit ?? 'none' },
];

export function QueuesPage() {
  const namespace = useNamespaceId();
  const router = useRouter();
  const [creating, dialog] = useDisclosure(false);
  const queues = useInfiniteQuery(queuesQuery(namespace));
  const live = useLiveFigures(namespace);
  const create = (
    <Button leftSection={<IconPlus size={16} />} onClick={dialog.open}>
      Create queue
    </Button>
  );
  return (
    <>
      <PageTitle title="Queues" description="A queue holds messages until a consumer accepts them." actions={queues.data?.length ? create : null} />
      <AwaitQuery query={queues}>
        {(items) =>
          items.length === 0 ? (
            <Paper p="xl">
              <EmptyState icon={<IconStack2 size={30} />} title="No queues yet" description="Create one, then publish to it or bind an exchange to it.">
                <EmptyState.Actions>{create}</EmptyState.Actions>
              </EmptyState>
            </Paper>
          ) : (
            <Stack gap="md">
              <LiveNotice query={live} />
              <QueueTable queues={items} live={live.data} settings={settings} />
              <ShowMore query={queues} />
            </Stack>
          )
        }
      </AwaitQuery>
      <CreateQueueDialog
        opened={creating}
        onClose={dialog.close}
        onCreated={(queue) => void router.navigate({ to: '/namespaces/$namespace/queues/$queue', params: { namespace, queue } })}
      />
    </>
  );
}
