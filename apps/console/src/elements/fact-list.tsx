import { Box, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { Breakable } from './breakable.js';

interface FactListProps {
  readonly title: string;
  readonly note?: string;
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  /** Said where there are no facts. */
  readonly none?: string;
}

/** A few properties in words, side by side. */
export function FactList({ title, note, facts, none }: FactListProps) {
  return (
    <Stack gap="sm" component="section" aria-label={title}>
      <Title order={2}>{title}</Title>
      {facts.length === 0 ? <Text size="sm" c="dimmed">{none}</Text> : (
        <>
          {note === undefined ? null : <Text size="sm" c="dimmed">{note}</Text>}
          <Paper p="md">
            <SimpleGrid component="dl" cols={{ base: 1, xs: 2, md: 3 }} spacing="md" m={0}>
              {facts.map(({ label, value }) => (
                <Box key={`${label} ${value}`} miw={0}>
                  <Text component="dt" size="xs" c="dimmed">{label}</Text>
                  <Text component="dd" size="sm" m={0} style={{ overflowWrap: 'anywhere' }}><Breakable text={value} /></Text>
                </Box>
              ))}
            </SimpleGrid>
          </Paper>
        </>
      )}
    </Stack>
  );
}
