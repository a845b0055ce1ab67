import { Box, Group, Radio, SimpleGrid, Text } from '@mantine/core';
import type { DestinationKind } from '@waybill/contracts';
import { iconOf, layoutOf } from './layouts.js';

interface KindFieldProps {
  readonly kinds: readonly DestinationKind[];
  readonly value: string;
  readonly onChange: (kind: string) => void;
}

/** The kinds on offer as cards; one that cannot be used here says why. */
export function KindField({ kinds, value, onChange }: KindFieldProps) {
  return (
    <Radio.Group label="Kind of destination" value={value} onChange={onChange}>
      <SimpleGrid cols={{ base: 1, xs: Math.min(3, kinds.length) }} spacing="sm" mt={6}>
        {kinds.map(({ kind, title, available, unavailableReason }) => {
          const layout = layoutOf(kind);
          const Icon = iconOf(kind);
          return (
            <Radio.Card key={kind} value={kind} p="sm" disabled={!available} className="choice-card">
              <Group wrap="nowrap" align="flex-start" gap="sm" h="100%">
                <Box c={available ? 'var(--mantine-color-anchor)' : 'dimmed'} mt={1}><Icon size={20} stroke={1.7} aria-hidden="true" /></Box>
                <Box miw={0}>
                  <Text size="sm" fw={600}>{layout?.title ?? title}</Text>
                  <Text size="xs" c="dimmed">{available ? (layout?.words ?? '') : `Not available here: ${unavailableReason ?? 'it is not set up'}`}</Text>
                </Box>
              </Group>
            </Radio.Card>
          );
        })}
      </SimpleGrid>
    </Radio.Group>
  );
}
