import { Grid, Stack } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { Queue } from '@waybill/contracts';
import { useState } from 'react';
import { useNamespaceId, usePlace } from '../account/account.js';
import { BillingNotices } from '../billing/billing-notices.js';
import { AwaitQuery } from '../elements/await-query.js';
import { PageTitle } from '../elements/page-title.js';
import { useLiveFigures } from '../figures/live.js';
import { LiveMark } from '../figures/live-mark.js';
import { LiveNotice } from '../figures/live-notice.js';
import { RateChart } from '../figures/rate-chart.js';
import { sum, type LiveFigures } from '../figures/readings.js';
import { queuesQuery } from '../queues/queries.js';
import { QueueTable } from '../queues/queue-table.js';
import { GettingStarted } from '../start/getting-started.js';
import { UsageToday } from '../usage/usage-today.js';
import { DepthTiles } from './depth-tiles.js';

export function OverviewPage() {
  const namespace = useNamespaceId();
  const place = usePlace();
  const queues = useInfiniteQuery(queuesQuery(namespace));
  const live = useLiveFigures(namespace);
  return (
    <>
      <PageTitle
        title="Overview"
        beside={queues.data?.length ? <LiveMark live={live.data !== undefined && live.error === null} /> : null}
        description={place === null ? undefined : `What moves in ${place.namespace.name} of ${place.tenant.name} right now.`}
      />
      <BillingNotices />
      <AwaitQuery query={queues} rows={5}>
        {(items) => (
          <Stack gap="lg">
            {items.length === 0 ? null : <LiveNotice query={live} />}
            {items.length === 0 ? null : <DepthTiles live={live.data} />}
            <Guide key={namespace} queues={items} live={live.isFetchedAfterMount ? live.data : undefined} />
            {items.length === 0 ? null : (
              <>
                <Grid gap="lg" align="stretch">
                  <Grid.Col span={{ base: 12, md: 8 }}>
                    <RateChart title="Messages per second" points={live.data?.points ?? []} now={live.data?.rates.size ? sum(live.data.rates) : null} />
                  </Grid.Col>
                  <Grid.Col span={{ base: 12, md: 4 }}>
                    <UsageToday />
                  </Grid.Col>
                </Grid>
                <QueueTable queues={items} live={live.data} title="Queues" />
              </>
            )}
          </Stack>
        )}
      </AwaitQuery>
    </>
  );
}

/** For a namespace that never held a message, by figures of this visit and not of an earlier page's cache. Once shown it stays until the person leaves the page, so that it does not vanish between two commands. */
function Guide({ queues, live }: { queues: readonly Queue[]; live: LiveFigures | undefined }) {
  const untouched = queues.length === 0 || (live !== undefined && [...live.queues.values()].every((queue) => queue.enqueuedTotal === 0));
  const [shown, setShown] = useState(untouched);
  if (untouched && !shown) setShown(true);
  return shown ? <GettingStarted /> : null;
}
