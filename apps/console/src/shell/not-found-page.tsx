import { Center, Stack, Text, Title } from '@mantine/core';
import { ButtonLink } from '../elements/links.js';

export function NotFoundPage() {
  return (
    <Center component="main" mih="60dvh" p="md">
      <Stack maw={460} w="100%" gap="md" align="flex-start">
        <Title order={1}>There is nothing here</Title>
        <Text c="dimmed">The address is wrong, or what it named was deleted, or it belongs to a namespace you cannot open.</Text>
        <ButtonLink to="/" variant="default">Go to the overview</ButtonLink>
      </Stack>
    </Center>
  );
}
