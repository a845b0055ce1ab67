import { SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { EndpointHealth } from '@waybill/contracts';
import { AwaitQuery } from '../elements/await-query.js';
import { FigureTile } from '../elements/figure-tile.js';
import { count, plural } from '../words/figures.js';
import { serverNowMs } from '../words/server-time.js';
import { ago, callTime, duration } from '../words/time.js';
import { rateTone, rateWords } from './state-words.js';

interface HealthProps {
  readonly health: Pick<UseQueryResult<EndpointHealth>, 'data' | 'error' | 'refetch'>;
  readonly title?: string;
}

/** How a destination has been doing, and what waits for it. */
export function HealthTiles({ health, title = 'Health' }: HealthProps) {
  return (
    <Stack gap="sm" component="section" aria-label={title}>
      <Title order={2}>{title}</Title>
      <AwaitQuery query={health} rows={2}>{(data) => <Tiles health={data} />}</AwaitQuery>
    </Stack>
  );
}

const time = (ms: number | null): string => (ms === null ? '–' : callTime(ms));

function Tiles({ health }: { health: EndpointHealth }) {
  const { calls, delivered, failed, successRate, p50Ms, p99Ms, lastSuccessAt, lastFailureAt, backlog } = health;
  const now = serverNowMs();
  const when = (at: string | null) => (at === null ? 'never' : ago(at, now));
  const waiting = backlog.ready + backlog.delayed;
  return (
    <>
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }} spacing={{ base: 'xs', sm: 'md' }}>
        <FigureTile label="Success, 24 h" help="Share of calls that delivered." value={rateWords(health)} tone={rateTone(successRate) === 'bad' ? 'alarm' : 'plain'} note={calls === 0 ? 'no call' : `${count(delivered)} of ${plural(calls, 'call')}`} />
        <FigureTile label="Answers, median" help="Half of the calls were answered faster." value={time(p50Ms)} note={p99Ms === null ? 'no call' : `99 % within ${time(p99Ms)}`} />
        <FigureTile label="Waiting" help="Messages of the queue that are ready, or wait for their next attempt." value={count(waiting)} note={backlog.oldestReadyAgeMs === null ? `${count(backlog.delayed)} for a retry` : `oldest ${duration(backlog.oldestReadyAgeMs)}`} />
        <FigureTile label="On their way" help="Messages in a call right now." value={count(backlog.leased)} note={`${count(failed)} failed in 24 h`} />
        <FigureTile label="Dead letters" help="Tried as often as the schedule says, or rejected by the destination." value={count(backlog.dead)} tone={backlog.dead > 0 ? 'alarm' : 'plain'} note={backlog.dead === 0 ? 'none' : 'send them again'} />
      </SimpleGrid>
      <Text size="sm" c="dimmed">Last success: {when(lastSuccessAt)}. Last failure: {when(lastFailureAt)}.</Text>
    </>
  );
}
