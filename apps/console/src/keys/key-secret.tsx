import { Alert, Box, Button, Group, Stack } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { CopyWords } from '../elements/copy.js';

/** The whole key, this once. */
export function KeySecret({ secret, onDone }: { secret: string; onDone: () => void }) {
  const code = useRef<HTMLElement>(null);
  useEffect(() => code.current?.focus(), []);
  return (
    <Stack gap="md">
      <Alert color="yellow" icon={<IconAlertTriangle size={18} />} title="This is the only time the whole key is shown">
        Waybill keeps no copy that could be shown again. Store it where your application reads its secrets; if it is lost, create a new key.
      </Alert>
      <Box component="code" ref={code} tabIndex={0} role="textbox" aria-readonly="true" aria-label="API key" className="code-block" display="block">
        {secret}
      </Box>
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onDone}>I have stored it</Button>
        <CopyWords value={secret} label="Copy key" />
      </Group>
    </Stack>
  );
}
