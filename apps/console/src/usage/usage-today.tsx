import { Box, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNamespaceId } from '../account/account.js';
import { AwaitQuery } from '../elements/await-query.js';
import { TextLink } from '../elements/links.js';
import { count } from '../words/figures.js';
import { clockTime } from '../words/time.js';
import { dimensions } from './dimensions.js';
import { usageQuery } from './queries.js';

/** Today's counts from the ledger, small enough for the overview. */
export function UsageToday() {
  const namespace = useNamespaceId();
  const usage = useQuery(usageQuery(namespace, 1));
  return (
    <Paper p="md" h="100%" component="section" aria-label="Usage today">
      <Group justify="space-between" mb="xs">
        <Title order={2} fz="sm">Usage today</Title>
        <TextLink to="/namespaces/$namespace/usage" params={{ namespace }} size="sm" underline="always">
          All usage
        </TextLink>
      </Group>
      <AwaitQuery query={usage} rows={3}>
        {({ totals, asOf }) => (
          <Stack gap="xs">
            <Box component="dl" m={0}>
              {dimensions.map(({ id, name }) => (
                <Group key={id} justify="space-between" gap="xs" wrap="nowrap" py={1}>
                  <Text component="dt" size="sm" c="dimmed">{name}</Text>
                  <Text component="dd" size="sm" fw={550} m={0} className="figure">{count(totals[id] ?? '0')}</Text>
                </Group>
              ))}
            </Box>
            <Text size="xs" c="dimmed">Since 00:00 UTC, counted up to {clockTime(asOf)}</Text>
          </Stack>
        )}
      </AwaitQuery>
    </Paper>
  );
}
