import { Alert, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { SourceRefusals } from '@waybill/contracts';
import { IconShieldX } from '@tabler/icons-react';
import { AwaitQuery } from '../elements/await-query.js';
import { plural } from '../words/figures.js';
import { serverNowMs } from '../words/server-time.js';
import { ago, fullTime } from '../words/time.js';
import { refusalsQuery } from './queries.js';

const reasons: Readonly<Record<NonNullable<SourceRefusals['lastReason']>, string>> = {
  unsigned: 'It carried no signature.',
  untimely: 'Its time is outside the tolerance: it was sent too late, or a clock is wrong.',
  unmatched: 'No live secret signed it so: the secret, the scheme or the body is another.',
  too_many: 'Its address was refused too often within a minute; it was not even read.',
};

/** What came and was not let in: a wrong secret of the sender shows here, and so does somebody who guesses. */
export function RefusedCalls({ namespace, source }: { namespace: string; source: string }) {
  const refusals = useQuery(refusalsQuery(namespace, source));
  return (
    <Stack gap="sm" component="section" aria-label="Refused calls">
      <Title order={2}>Refused calls</Title>
      <AwaitQuery query={refusals} rows={1}>
        {({ calls, lastAt, lastReason }) =>
          lastAt === null || lastReason === null ? <Text size="sm" c="dimmed">None in the last 30 days.</Text> : (
            <Alert color="yellow" icon={<IconShieldX size={18} />} title={`${plural(calls, 'call was', 'calls were')} refused`}>
              <Text size="sm">The last one {ago(lastAt, serverNowMs())} ({fullTime(lastAt)}). {reasons[lastReason]}</Text>
            </Alert>
          )
        }
      </AwaitQuery>
    </Stack>
  );
}
