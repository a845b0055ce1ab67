import { Button, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useNamespaceId } from '../account/account.js';
import { CreateKeyDialog } from '../keys/create-key-dialog.js';
import { useFreshKey } from '../keys/queries.js';
import { plural } from '../words/figures.js';

export function KeyStep({ activeKeys }: { activeKeys: number }) {
  const fresh = useFreshKey(useNamespaceId());
  const [creating, dialog] = useDisclosure(false);
  return (
    <>
      <Stack gap="sm" align="flex-start">
        <Text size="sm" c="dimmed">
          {fresh !== null
            ? 'The commands below carry the key you just created. It stays in this tab until you reload or sign out.'
            : activeKeys > 0
              ? `You have ${plural(activeKeys, 'active key')}. A key is shown only when it is created, so put yours into the commands or create another.`
              : 'It needs the scopes publish and consume for the commands below.'}
        </Text>
        <Button variant={activeKeys > 0 ? 'default' : 'filled'} onClick={dialog.open}>Create key</Button>
      </Stack>
      <CreateKeyDialog opened={creating} onClose={dialog.close} />
    </>
  );
}
