import { Box, Group, Tooltip, VisuallyHidden } from '@mantine/core';
import { IconCheck, IconMinus, IconX } from '@tabler/icons-react';

export interface GateLight {
  readonly name: string;
  readonly light: 'green' | 'red' | 'grey';
  readonly reason: string | null;
}

const looks = {
  green: { icon: IconCheck, color: 'var(--waybill-in)', words: 'open' },
  red: { icon: IconX, color: 'var(--mantine-color-error)', words: 'closed' },
  grey: { icon: IconMinus, color: 'var(--mantine-color-dimmed)', words: 'does not apply' },
} as const;

/** Gates in their order; a sign and a word beside the colour, the reason on demand. */
export function GateLights({ gates, of }: { gates: readonly GateLight[]; of: string }) {
  return (
    <Group component="ul" gap={4} wrap="wrap" p={0} m={0} style={{ listStyle: 'none' }} aria-label={`Gates of ${of}`}>
      {gates.map(({ name, light, reason }) => {
        const { icon: Icon, color, words } = looks[light];
        return (
          <Tooltip key={name} label={`${name}: ${reason ?? words}`}>
            <Box component="li" tabIndex={0} style={{ display: 'inline-flex', alignItems: 'center', gap: 2, color, fontSize: '0.75rem', padding: '1px 5px', border: '1px solid var(--waybill-line)', borderRadius: 4 }}>
              <Icon size={13} aria-hidden="true" />
              {name}
              <VisuallyHidden>: {reason ?? words}</VisuallyHidden>
            </Box>
          </Tooltip>
        );
      })}
    </Group>
  );
}
