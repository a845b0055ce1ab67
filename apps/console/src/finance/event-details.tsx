import { Box, Text } from '@mantine/core';
import { Breakable } from '../elements/breakable.js';
import type { EventFact } from './history-words.js';

/** What an action left behind, a line each. */
export function EventDetails({ facts }: { facts: readonly EventFact[] }) {
  if (facts.length === 0) return <>–</>;
  return (
    <Box className="cause">
      {facts.map(({ label, value }) => (
        <div key={`${label} ${value}`}>
          <Text span inherit c="dimmed">{label}</Text> <Breakable text={value} />
        </div>
      ))}
    </Box>
  );
}
