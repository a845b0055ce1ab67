import { Box, Collapse, UnstyledButton } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { useId, useState, type ReactNode } from 'react';

interface MoreProps {
  readonly label: string;
  /** What is inside in a few words, while it is closed. */
  readonly summary?: string;
  readonly forced?: boolean;
  readonly children: ReactNode;
}

/** What most people leave as it is, behind a button. */
export function More({ label, summary, forced = false, children }: MoreProps) {
  const panel = useId();
  const [wanted, setWanted] = useState(false);
  const opened = wanted || forced;
  return (
    <Box>
      <UnstyledButton type="button" aria-expanded={opened} aria-controls={panel} onClick={() => setWanted(!opened)} fz="sm" fw={550} c="var(--mantine-color-anchor)" style={{ display: 'flex', alignItems: 'center', gap: 6, minHeight: 28 }}>
        {opened ? <IconChevronDown size={16} /> : <IconChevronRight size={16} />}
        {label}
      </UnstyledButton>
      {summary === undefined || opened ? null : <Box fz="sm" c="dimmed" pl={22}>{summary}</Box>}
      <Collapse expanded={opened} id={panel}>
        {opened ? <Box pt="sm">{children}</Box> : null}
      </Collapse>
    </Box>
  );
}
