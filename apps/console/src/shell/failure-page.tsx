import { Center, Stack } from '@mantine/core';
import { useRouter } from '@tanstack/react-router';
import { FailureAlert } from '../elements/failure-alert.js';
import { Wordmark } from '../theme/wordmark.js';

/** Shown where a page could not even start. */
export function FailurePage({ error }: { error: unknown }) {
  const router = useRouter();
  return (
    <Center component="main" mih="60dvh" p="md">
      <Stack maw={460} w="100%" gap="lg">
        <Wordmark />
        <FailureAlert error={error} onRetry={() => void router.invalidate()} />
      </Stack>
    </Center>
  );
}
