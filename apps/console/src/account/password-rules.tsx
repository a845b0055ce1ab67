import { Box, Group, Text } from '@mantine/core';
import { IconCheck, IconPoint } from '@tabler/icons-react';

const shortest = 10;
const longest = 256;

/** What the form can tell at once; the server also refuses well-known passwords. */
export function passwordFault(password: string): string | null {
  if (password.length < shortest) return `Use at least ${shortest} characters.`;
  return password.length > longest ? `Use at most ${longest} characters.` : null;
}

/** Beside the first line of the rule, however many lines it has. */
const iconStyle = { flexShrink: 0, marginTop: 2 };

export function PasswordRules({ id, password }: { id: string; password: string }) {
  const long = password.length >= shortest;
  return (
    <Box id={id}>
      <Group gap={6} wrap="nowrap" align="flex-start" c={long ? 'petrol' : 'dimmed'}>
        {long ? <IconCheck size={15} style={iconStyle} aria-hidden="true" /> : <IconPoint size={15} style={iconStyle} aria-hidden="true" />}
        <Text size="xs">At least {shortest} characters; any characters are allowed</Text>
      </Group>
      <Group gap={6} wrap="nowrap" align="flex-start" c="dimmed">
        <IconPoint size={15} style={iconStyle} aria-hidden="true" />
        <Text size="xs">Not a well-known password; this is checked when you send the form</Text>
      </Group>
    </Box>
  );
}
