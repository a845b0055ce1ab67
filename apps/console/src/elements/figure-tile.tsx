import { Box, Paper, Text, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';

interface FigureTileProps {
  readonly label: string;
  readonly value: string;
  readonly note?: ReactNode;
  /** One sentence on what is counted. */
  readonly help?: string;
  /** A colour only where the figure asks for attention. */
  readonly tone?: 'plain' | 'alarm';
}

/** One number with its name. */
export function FigureTile({ label, value, note, help, tone = 'plain' }: FigureTileProps) {
  const name = (
    <Text component="span" size="xs" c="dimmed" style={help === undefined ? {} : { borderBottom: '1px dotted currentColor', cursor: 'help' }} {...(help === undefined ? {} : { tabIndex: 0 })}>
      {label}
    </Text>
  );
  return (
    <Paper p="sm" px="md" role="group" aria-label={label} style={{ display: 'flex', flexDirection: 'column', justifyContent: 'space-between' }}>
      <Box lh={1.3}>{help === undefined ? name : <Tooltip label={help}>{name}</Tooltip>}</Box>
      <Text className="figure" fz="1.5rem" fw={600} lh={1.35} {...(tone === 'alarm' ? { c: 'var(--mantine-color-error)' } : {})}>
        {value}
      </Text>
      {note === undefined ? null : (
        <Text size="xs" c="dimmed" className="figure">
          {note}
        </Text>
      )}
    </Paper>
  );
}
