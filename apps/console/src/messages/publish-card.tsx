import { Autocomplete, Button, Paper, Select, Stack, Text, Textarea, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { batchContentType, publish, publishToQueue, routingKeyLimitBytes, type FailedReceipt, type MessageInput, type PublishReceipt } from '@waybill/contracts';
import { useState } from 'react';
import { ProblemError } from '../api/failure.js';
import { gatewayOf } from '../api/gateway.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { HeaderFields } from '../elements/header-fields.js';
import { headerFaults, headersOf, type HeaderRow } from '../elements/header-rows.js';
import { placeProblem } from '../elements/place-problem.js';
import { exchangesQuery } from '../exchanges/queries.js';
import { useRefreshFigures } from '../figures/live.js';
import { ReceiptNotice } from './receipt-notice.js';

/** Not a possible exchange name, so it cannot be mistaken for one. */
const straight = '(queue)';

interface Draft {
  via: string;
  key: string;
  contentType: string;
  headers: HeaderRow[];
  body: string;
}

/** Sends one real message by hand. It is counted like any other. */
export function PublishCard({ namespace, queue }: { namespace: string; queue: string }) {
  const exchanges = useInfiniteQuery(exchangesQuery(namespace));
  const refresh = useRefreshFigures(namespace);
  const [failure, setFailure] = useState<unknown>(null);
  const form = useForm<Draft>({
    initialValues: { via: straight, key: '', contentType: 'application/json', headers: [], body: '{\n  "hello": "world"\n}' },
    validate: {
      key: (key) => (new TextEncoder().encode(key).length > routingKeyLimitBytes ? `Use at most ${routingKeyLimitBytes} bytes.` : null),
      contentType: (value) => (value.trim() === '' ? 'Enter a content type, like application/json.' : null),
      headers: headerFaults,
    },
  });
  const send = useMutation({
    mutationFn: ({ via, key, contentType, headers, body }: Draft) => {
      // A batch of one: keys and header values may hold any character there, which HTTP headers may not.
      const message: MessageInput = { body, contentType: contentType.trim(), ...(via !== straight && key !== '' ? { key } : {}), ...(headers.length > 0 ? { headers: headersOf(headers) } : {}) };
      const request = { contentType: batchContentType, body: JSON.stringify({ messages: [message] }) };
      const gateway = gatewayOf(namespace);
      return via === straight ? gateway.call(publishToQueue, { params: { queue }, ...request }) : gateway.call(publish, { params: { exchange: via }, ...request });
    },
    onSuccess: refresh,
    onError: (error) => setFailure(placeProblem(error, form, ['contentType'], { pattern_too_long: 'key' })),
  });
  const { via, contentType, body } = form.values;
  const answer = send.data === undefined ? undefined : 'messages' in send.data ? send.data.messages[0] : send.data;
  return (
    <Paper p="md" component="section" aria-label="Publish a test message" h="100%">
      <form
        noValidate
        onSubmit={form.onSubmit((draft) => {
          setFailure(null);
          send.mutate(draft);
        })}
      >
        <Stack gap="sm">
          <Title order={2}>Publish a test message</Title>
          <Select
            label="Send"
            data={[{ value: straight, label: 'Straight to this queue' }, ...(exchanges.data ?? []).map(({ name, kind }) => ({ value: name, label: `Through exchange ${name} (${kind})` }))]}
            searchable={(exchanges.data?.length ?? 0) > filterFrom}
            {...form.getInputProps('via')}
          />
          {via === straight ? null : <TextInput label="Routing key" placeholder={via === 'default' ? queue : 'order.created'} autoComplete="off" autoCapitalize="none" spellCheck={false} {...form.getInputProps('key')} />}
          <Autocomplete label="Content type" data={['application/json', 'text/plain', 'application/xml']} autoComplete="off" {...form.getInputProps('contentType')} />
          <HeaderFields label="Headers" addLabel="Add header" rows={form.values.headers} onChange={(rows) => form.setFieldValue('headers', rows)} error={form.errors['headers']} />
          <Textarea
            label="Body"
            autosize
            minRows={4}
            maxRows={14}
            spellCheck={false}
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.8125rem' } }}
            {...form.getInputProps('body')}
            description={/json/i.test(contentType) && !isJson(body) ? 'This is not valid JSON. Waybill stores the bytes as they are, but a consumer may trip over them.' : undefined}
          />
          {failure === null ? null : <FailureAlert error={failure} />}
          {failure === null && answer !== undefined && !send.isPending ? <Answer answer={answer} /> : null}
          <Button type="submit" loading={send.isPending} style={{ alignSelf: 'flex-start' }}>
            Publish message
          </Button>
          <Text size="xs" c="dimmed">Test messages are real messages: they are stored, delivered and counted as usage.</Text>
        </Stack>
      </form>
    </Paper>
  );
}

const filterFrom = 8;

/** The receipt of the one message, or why it was refused. */
function Answer({ answer }: { answer: PublishReceipt | FailedReceipt }) {
  return 'problem' in answer ? <FailureAlert error={new ProblemError(answer.problem, 'gateway', null)} /> : <ReceiptNotice receipt={answer} />;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
