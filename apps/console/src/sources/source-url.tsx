import { Box, Group, Stack, Text } from '@mantine/core';
import { CopyWords } from '../elements/copy.js';

/** The address to give to the sender. */
export function SourceUrl({ url }: { url: string }) {
  return (
    <Stack gap={4}>
      <Text size="sm" fw="var(--mantine-font-weight-medium)">URL for the sender</Text>
      <Group gap="xs" align="stretch">
        <Box component="code" tabIndex={0} role="textbox" aria-readonly="true" aria-label="URL for the sender" className="code-block" flex="1 1 260px" miw={0}>{url}</Box>
        <CopyWords value={url} label="Copy URL" />
      </Group>
      <Text size="xs" c="dimmed">Whoever knows it may call it; only calls with a valid signature are taken.</Text>
    </Stack>
  );
}
