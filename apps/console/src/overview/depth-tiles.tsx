import { SimpleGrid } from '@mantine/core';
import { FigureTile } from '../elements/figure-tile.js';
import type { LiveFigures } from '../figures/readings.js';
import { count } from '../words/figures.js';

const states = [
  { state: 'ready', label: 'Ready', help: 'Waiting in a queue for a consumer.' },
  { state: 'leased', label: 'Leased', help: 'Handed to a consumer that has not settled it yet.' },
  { state: 'delayed', label: 'Delayed', help: 'Released with a delay that still runs.' },
  { state: 'dead', label: 'Dead letters', help: 'Rejected, or delivered as often as the queue allows without being accepted.' },
] as const;

/** Messages by state; over all queues the answer holds, or of one queue. */
export function DepthTiles({ live }: { live: LiveFigures | undefined }) {
  const queues = live === undefined ? undefined : [...live.queues.values()];
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }} spacing={{ base: 'xs', sm: 'md' }}>
      {states.map(({ state, label, help }) => {
        const value = queues?.reduce((total, queue) => total + queue[state], 0);
        return (
          <FigureTile
            key={state}
            label={label}
            help={help}
            value={value === undefined ? '–' : count(value)}
            tone={state === 'dead' && value !== undefined && value > 0 ? 'alarm' : 'plain'}
            {...(live?.more ? { note: 'first 1,000 queues' } : {})}
          />
        );
      })}
    </SimpleGrid>
  );
}
