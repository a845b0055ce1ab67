import { Alert, Group, Stack, Text } from '@mantine/core';
import type { TestResult } from '@waybill/contracts';
import { IconCheck, IconX } from '@tabler/icons-react';
import { answerLine, outcomeTone, reasonWords } from '../attempts/outcome-words.js';
import { CodeBlock } from '../elements/code-block.js';
import { callTime } from '../words/time.js';

/** What came back from a test event. */
export function TestResultNotice({ result }: { result: TestResult }) {
  const well = result.outcome === 'delivered';
  const called = result.outcome !== 'refused';
  return (
    <Alert role="status" color={well ? 'petrol' : 'red'} icon={well ? <IconCheck size={18} /> : <IconX size={18} />} title={well ? 'The test event was delivered' : `The test event was not delivered: ${outcomeTone[result.outcome].label.toLowerCase()}`}>
      <Stack gap="xs">
        {!called ? null : <Group gap="lg">
          <Text size="sm"><b>{answerLine(result)}</b> in {callTime(result.durationMs)}</Text>
          {result.requestId === null ? null : <Text size="sm">Request id <span className="name">{result.requestId}</span></Text>}
        </Group>}
        {result.reason === null ? null : <Text size="sm">{reasonWords(result.reason)}</Text>}
        {!called ? null : result.answer === '' ? <Text size="sm" c="dimmed">The answer had no body.</Text> : <CodeBlock label="Beginning of the answer" text={result.answer} tall />}
        {!called ? null : <Text size="xs" c="dimmed">Id of the event <span className="name">{result.message}</span></Text>}
      </Stack>
    </Alert>
  );
}
