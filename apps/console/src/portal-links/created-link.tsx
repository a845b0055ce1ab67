import { Alert, Anchor, Box, Button, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconExternalLink } from '@tabler/icons-react';
import { CopyWords } from '../elements/copy.js';
import { serverNowMs } from '../words/server-time.js';
import { dateTime, duration } from '../words/time.js';
import type { MadeLink } from './create-link-dialog.js';

/** The link in full, once, and the page behind it as the customer sees it. */
export function CreatedLink({ link: { url, token, customer, expiresAt }, onDone }: { link: MadeLink; onDone: () => void }) {
  // By this page's own origin: only that may frame the portal.
  const own = `/portal#${token}`;
  return (
    <Stack gap="md">
      <Alert color="yellow" icon={<IconAlertTriangle size={18} />} title="Give it to this customer alone">
        Whoever has the link manages the endpoints of <b>{customer}</b> until {dateTime(expiresAt)} (in {duration(Math.max(0, Date.parse(expiresAt) - serverNowMs()))}). It is not shown again.
      </Alert>
      <Group gap="xs" align="stretch">
        <Box component="code" tabIndex={0} role="textbox" aria-readonly="true" aria-label="Portal link" className="code-block" flex="1 1 260px" miw={0} mah={78} style={{ overflowY: 'auto' }}>{url}</Box>
        <CopyWords value={url} label="Copy link" />
      </Group>
      <Stack gap={6}>
        <Group justify="space-between">
          <Text size="sm" fw="var(--mantine-font-weight-medium)">Preview</Text>
          <Anchor size="sm" href={own} target="_blank" rel="noreferrer">Open in a new tab <IconExternalLink size={14} style={{ verticalAlign: '-2px' }} aria-hidden="true" /></Anchor>
        </Group>
        <iframe src={own} title={`The portal as ${customer} sees it`} style={{ width: '100%', height: 380, border: '1px solid var(--waybill-line)', borderRadius: 'var(--mantine-radius-md)', background: 'var(--waybill-ground)' }} />
        <Text size="xs" c="dimmed">The preview works: what is changed in it is changed.</Text>
      </Stack>
      <Group justify="flex-end"><Button variant="default" onClick={onDone}>Done</Button></Group>
    </Stack>
  );
}
