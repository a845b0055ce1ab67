import { Button, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { peekMessage, type Attempt } from '@waybill/contracts';
import { IconEye } from '@tabler/icons-react';
import { useState } from 'react';
import { isNotFound } from '../api/failure.js';
import { gatewayOf } from '../api/gateway.js';
import { CodeBlock } from '../elements/code-block.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { bodyText } from '../messages/body-text.js';
import { MessageLink } from './message-link.js';

interface AttemptMessageProps {
  readonly namespace: string;
  /** Where the message lies, if it still does; undefined when the subscription is gone. */
  readonly queue: string | undefined;
  readonly attempt: Pick<Attempt, 'id' | 'message' | 'outcome'>;
}

/** The message of an attempt as it lies in its queue, once somebody wants to see it; and how to send it again without the console. */
export function AttemptMessage({ namespace, queue, attempt: { id, message, outcome } }: AttemptMessageProps) {
  const [wanted, setWanted] = useState(false);
  // What was delivered is settled: its body is gone.
  if (outcome === 'delivered') return <MessageLink namespace={namespace} message={message} />;
  return (
    <Stack gap="sm">
      {queue === undefined ? null : wanted ? <Payload namespace={namespace} queue={queue} message={message} /> : (
        <Button variant="default" leftSection={<IconEye size={16} />} style={{ alignSelf: 'flex-start' }} onClick={() => setWanted(true)}>Show the message</Button>
      )}
      <MessageLink namespace={namespace} message={message} />
      <Stack gap={4}>
        <Text size="sm" fw="var(--mantine-font-weight-medium)">Send again from a terminal</Text>
        <CodeBlock label="Command" text={`curl -X POST -H "Authorization: Bearer $WAYBILL_KEY" ${window.location.origin}/api/v1/namespaces/${namespace}/attempts/${id}/resend`} />
      </Stack>
    </Stack>
  );
}

function Payload({ namespace, queue, message }: { namespace: string; queue: string; message: string }) {
  const found = useQuery({
    queryKey: ['attempt-message', namespace, queue, message],
    queryFn: ({ signal }) => gatewayOf(namespace).call(peekMessage, { params: { queue, id: message }, signal }), retry: false,
  });
  if (found.error !== null) return isNotFound(found.error) ? <Text size="sm" c="dimmed">The message is not in its queue any more: it was delivered or removed, and its body is gone.</Text> : <FailureAlert error={found.error} />;
  if (found.data === undefined) return <Text size="sm" c="dimmed">Looking into the queue …</Text>;
  const { body = '', bodyEncoding = 'utf8', contentType } = found.data;
  const { text, note } = bodyText({ body, bodyEncoding, contentType });
  return (
    <Stack gap={4}>
      <Text size="sm" fw="var(--mantine-font-weight-medium)">The message, {contentType}</Text>
      <CodeBlock label="Body of the message" text={text} copyText={body} tall />
      {note === null ? null : <Text size="xs" c="dimmed">{note}</Text>}
    </Stack>
  );
}
