import { Box, Center, Group, Paper, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useArrival } from '../elements/arrival.js';
import { ThemeMenu } from '../shell/theme-menu.js';
import { Wordmark } from '../theme/wordmark.js';

interface EntryPageProps {
  readonly title: string;
  readonly lead: string;
  readonly children: ReactNode;
  readonly below: ReactNode;
}

/** Frame of the pages before sign-in. */
export function EntryPage({ title, lead, children, below }: EntryPageProps) {
  useArrival(title);
  return (
    <Box mih="100dvh" style={{ display: 'flex', flexDirection: 'column' }}>
      <Group component="header" justify="space-between" p="md">
        <Wordmark />
        <ThemeMenu />
      </Group>
      <Center component="main" flex={1} p="md" pb={80}>
        <Stack w="100%" maw={420} gap="lg">
          <Stack gap={6}>
            <Title order={1} fz="1.625rem">{title}</Title>
            <Text c="dimmed" size="sm">{lead}</Text>
          </Stack>
          <Paper p={{ base: 'md', xs: 'xl' }}>{children}</Paper>
          <Text size="sm" ta="center">{below}</Text>
        </Stack>
      </Center>
    </Box>
  );
}
