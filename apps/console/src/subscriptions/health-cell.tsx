import { Group, Progress, Text } from '@mantine/core';
import { useInViewport } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { plural } from '../words/figures.js';
import { healthQuery } from './queries.js';
import { rateTone, rateWords } from './state-words.js';

const barColors = { good: 'petrol', fair: 'yellow', bad: 'red', none: 'gray' } as const;

/** Success of the last 24 hours at a glance. Asked for when the row is seen, so that a long list asks for little. */
export function HealthCell({ namespace, subscription }: { namespace: string; subscription: string }) {
  const { ref, inViewport } = useInViewport<HTMLDivElement>();
  const health = useQuery({ ...healthQuery(namespace, subscription), enabled: inViewport, refetchInterval: 30_000 });
  return (
    <div ref={ref} style={{ minWidth: 118 }}>
      {health.data === undefined ? <Text span inherit c="dimmed">–</Text> : health.data.calls === 0 ? <Text span inherit c="dimmed">no call</Text> : (
        <>
          <Group gap={6} wrap="nowrap" component="span">
            <Text span inherit className="figure" fw={550}>{rateWords(health.data)}</Text>
            <Text span size="xs" c="dimmed" className="figure">of {plural(health.data.calls, 'call')}</Text>
          </Group>
          <Progress value={(health.data.successRate ?? 0) * 100} color={barColors[rateTone(health.data.successRate)]} size={4} mt={3} aria-label={`Success of ${subscription}`} />
        </>
      )}
    </div>
  );
}
