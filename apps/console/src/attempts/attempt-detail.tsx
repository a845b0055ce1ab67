import { Badge, Button, DataList, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Attempt } from '@waybill/contracts';
import { IconRefresh } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { CodeBlock } from '../elements/code-block.js';
import { CopyAction } from '../elements/copy.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { notice } from '../elements/notice.js';
import { callTime, fullTime } from '../words/time.js';
import type { AttemptCalls } from './attempt-calls.js';
import { answerLine, outcomeTone, reasonWords } from './outcome-words.js';

interface AttemptDetailProps {
  readonly attempt: Attempt;
  readonly calls: AttemptCalls;
  /** Links of the page it is shown on: to the subscription, to the message. */
  readonly links?: ReactNode;
}

/** Everything about one attempt, and the button that sends its message again. */
export function AttemptDetail({ attempt, calls, links }: AttemptDetailProps) {
  const tone = outcomeTone[attempt.outcome];
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['Time', fullTime(attempt.at)],
    ['Answer', `${answerLine(attempt)} in ${callTime(attempt.durationMs)}`],
    ...(attempt.reason === null ? [] : [['Why', reasonWords(attempt.reason)] as const]),
    ['Attempt', attempt.attempt === 1 ? 'The first of this message' : `Number ${attempt.attempt} of this message`],
    ...(attempt.batchMessages > 1 ? [['In a batch of', `${attempt.batchMessages} messages`] as const] : []),
    ['Message', <Copied key="message" value={attempt.message} label="Copy message id" />],
    ...(attempt.requestId === null ? [] : [['Request id', <Copied key="request" value={attempt.requestId} label="Copy request id" />] as const]),
  ];
  return (
    <Stack gap="md">
      <Group gap="xs">
        <Badge color={tone.color}>{tone.label}</Badge>
        <Text size="sm" c="dimmed">{tone.help}</Text>
      </Group>
      <DataList size="sm" gap={6} labelWidth={96}>
        {facts.map(([label, value]) => (
          <DataList.Item key={label}>
            <DataList.ItemLabel>{label}</DataList.ItemLabel>
            <DataList.ItemValue miw={0}>{value}</DataList.ItemValue>
          </DataList.Item>
        ))}
      </DataList>
      <Stack gap={4}>
        <Text size="sm" fw="var(--mantine-font-weight-medium)">Beginning of the answer</Text>
        {attempt.answer === '' ? <Text size="sm" c="dimmed">{attempt.status === null ? 'Nothing came back.' : 'The answer had no body.'}</Text> : <CodeBlock label="Beginning of the answer" text={attempt.answer} tall />}
      </Stack>
      <Resend attempt={attempt} calls={calls} />
      {links}
    </Stack>
  );
}

function Copied({ value, label }: { value: string; label: string }) {
  return <Group gap={2} wrap="nowrap" component="span"><span className="name">{value}</span><CopyAction value={value} label={label} /></Group>;
}

/** Sends the message again; what was delivered is settled and gone, so there the button is not offered. */
function Resend({ attempt, calls }: { attempt: Attempt; calls: AttemptCalls }) {
  const queryClient = useQueryClient();
  const resend = useMutation({
    mutationFn: () => calls.resend(attempt),
    onSuccess: ({ from }) => {
      notice(from === 'dead' ? 'The dead letter is back in its queue and sent again.' : 'The message is tried again now.');
      void queryClient.invalidateQueries({ queryKey: calls.key });
    },
  });
  if (attempt.outcome === 'delivered') return <Text size="sm" c="dimmed">The message was delivered and settled: there is nothing left to send again.</Text>;
  return (
    <Stack gap="sm" align="flex-start">
      <Button leftSection={<IconRefresh size={16} />} loading={resend.isPending} disabled={resend.isSuccess} onClick={() => resend.mutate()}>{resend.isSuccess ? 'Sent again' : 'Send again'}</Button>
      {resend.error === null ? null : <FailureAlert error={resend.error} />}
    </Stack>
  );
}
