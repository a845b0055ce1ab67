import { Button, Group, Stack } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { TestResult } from '@waybill/contracts';
import { IconSend } from '@tabler/icons-react';
import { FailureAlert } from '../elements/failure-alert.js';
import { TestResultNotice } from './test-result.js';

interface TestCallProps {
  readonly call: () => Promise<TestResult>;
  readonly onDone?: (result: TestResult) => void;
  readonly primary?: boolean;
}

/** Sends a test event and shows what came back. */
export function TestCall({ call, onDone, primary = false }: TestCallProps) {
  const test = useMutation({ mutationFn: call, ...(onDone === undefined ? {} : { onSuccess: onDone }) });
  return (
    <Stack gap="sm">
      <Group>
        <Button variant={primary && test.data?.outcome !== 'delivered' ? 'filled' : 'default'} leftSection={<IconSend size={16} />} loading={test.isPending} onClick={() => test.mutate()}>
          {test.data === undefined ? 'Send test event' : 'Send another'}
        </Button>
      </Group>
      {test.error === null ? null : <FailureAlert error={test.error} />}
      {test.data === undefined || test.isPending ? null : <TestResultNotice result={test.data} />}
    </Stack>
  );
}
