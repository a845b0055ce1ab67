import { Group, Stack, Text, TextInput, Title } from '@mantine/core';
import type { Queue, QueueFigures } from '@waybill/contracts';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { useNamespaceId } from '../account/account.js';
import { TextLink } from '../elements/links.js';
import { RecordTable, type Column } from '../elements/record-table.js';
import type { LiveFigures } from '../figures/readings.js';
import { count, perSecond } from '../words/figures.js';
import { duration } from '../words/time.js';

/** From this many rows on, finding one by eye takes longer than typing. */
const filterFrom = 8;

/** Zeros and unknowns step back, so that the eye finds what moves. */
const quiet = (text: string) => <Text span inherit c="dimmed">{text}</Text>;
const shown = (value: number, words: (value: number) => string) => (value === 0 ? quiet('0') : words(value));

interface QueueTableProps {
  readonly queues: readonly Queue[];
  /** Undefined while the gateway has not answered: the queues are listed all the same. */
  readonly live: LiveFigures | undefined;
  readonly title?: string;
  /** Columns of the definition, between the name and the figures. */
  readonly settings?: readonly Column<Queue>[];
}

export function QueueTable({ queues, live, title, settings = [] }: QueueTableProps) {
  const namespace = useNamespaceId();
  const [wanted, setWanted] = useState('');
  const found = queues.filter((queue) => queue.name.toLowerCase().includes(wanted.trim().toLowerCase()));
  const figure = (header: string, of: (figures: QueueFigures) => number): Column<Queue> => ({
    header,
    right: true,
    cell: ({ name }) => {
      const figures = live?.queues.get(name);
      return figures === undefined ? quiet('–') : shown(of(figures), count);
    },
  });
  const rate = (header: string, side: 'in' | 'out'): Column<Queue> => ({
    header,
    right: true,
    cell: ({ name }) => {
      const known = live?.rates.get(name);
      return known === undefined ? quiet('–') : shown(known[side], perSecond);
    },
  });
  const columns: Column<Queue>[] = [
    {
      header: 'Queue',
      cell: ({ name }) => (
        <TextLink to="/namespaces/$namespace/queues/$queue" params={{ namespace, queue: name }} className="name" fw={550}>
          {name}
        </TextLink>
      ),
    },
    ...settings,
    figure('Ready', (figures) => figures.ready),
    figure('Leased', (figures) => figures.leased),
    figure('Delayed', (figures) => figures.delayed),
    {
      header: 'Dead',
      right: true,
      cell: ({ name }) => {
        const dead = live?.queues.get(name)?.dead;
        if (dead === undefined) return quiet('–');
        return dead === 0 ? quiet('0') : <Text span inherit fw={600} c="var(--mantine-color-error)">{count(dead)}</Text>;
      },
    },
    {
      header: 'Oldest',
      right: true,
      cell: ({ name }) => {
        const figures = live?.queues.get(name);
        if (figures === undefined) return quiet('–');
        return figures.oldestReadyAgeMs === null ? quiet('none') : duration(figures.oldestReadyAgeMs);
      },
    },
    rate('In /s', 'in'),
    rate('Out /s', 'out'),
  ];
  return (
    <Stack gap="sm" component="section" aria-label={title ?? 'Queues'}>
      {title === undefined && queues.length < filterFrom ? null : (
        <Group justify="space-between" gap="xs">
          {title === undefined ? null : <Title order={2}>{title}</Title>}
          {queues.length < filterFrom ? null : (
            <TextInput size="xs" w={{ base: '100%', xs: 220 }} aria-label="Filter queues by name" placeholder="Filter by name" leftSection={<IconSearch size={14} />} value={wanted} onChange={(event) => setWanted(event.currentTarget.value)} />
          )}
        </Group>
      )}
      {found.length === 0 ? <Text size="sm" c="dimmed">No queue has “{wanted}” in its name.</Text> : <RecordTable label="Queues" columns={columns} rows={found} rowKey={(queue) => queue.id} />}
    </Stack>
  );
}
