import { Badge, Box, Button, DataList, Group, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { settle, type Queue, type ReceivedMessage } from '@waybill/contracts';
import { useEffect, useRef, useState } from 'react';
import { gatewayOf } from '../api/gateway.js';
import { CodeBlock } from '../elements/code-block.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { dateTime } from '../words/time.js';
import { bodyText } from './body-text.js';
import { LeaseClock } from './lease-clock.js';
import { outcomeOf, type Action, type Outcome } from './outcome.js';

interface HeldMessageProps {
  readonly namespace: string;
  readonly queue: Queue;
  readonly message: ReceivedMessage;
  readonly onSettled: (outcome: Outcome) => void;
}

/** A leased message with everything it carries, and the four ways to answer for it. */
export function HeldMessage({ namespace, queue, message, onSettled }: HeldMessageProps) {
  const [leaseUntil, setLeaseUntil] = useState(message.leaseUntil);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus({ preventScroll: true }), []);
  const { receipt } = message;
  const extendSeconds = Math.max(1, queue.leaseSeconds);
  const bodies = {
    accept: { accept: [receipt] },
    release: { release: [{ receipt }] },
    reject: { reject: [{ receipt, reason: 'rejected by hand in the console' }] },
    extend: { extend: [{ receipt, leaseSeconds: extendSeconds }] },
  };
  const answer = useMutation({
    mutationFn: async (action: Action) => ({ action, reply: await gatewayOf(namespace).call(settle, { params: { queue: queue.name }, body: bodies[action] }) }),
    onSuccess: ({ action, reply }) => {
      const result = reply.results[0];
      if (result === undefined) return;
      if (result.outcome === 'extended' && result.leaseUntil !== undefined) setLeaseUntil(result.leaseUntil);
      onSettled(outcomeOf(action, result));
    },
  });
  const button = (action: Action, label: string, variant: 'filled' | 'default' = 'default') => (
    <Button size="sm" variant={variant} onClick={() => answer.mutate(action)} loading={answer.isPending && answer.variables === action} disabled={answer.isPending && answer.variables !== action}>
      {label}
    </Button>
  );
  const { text, note } = bodyText(message);
  const headers = Object.entries(message.headers);
  const facts: (readonly [string, string])[] = [
    ['Id', message.id],
    ['Routing key', message.key === '' ? '(none)' : message.key],
    ['Exchange', message.exchange ?? '(straight to the queue)'],
    ['Published', dateTime(message.publishedAt)],
    ['Content type', message.contentType],
    ...(message.correlationId === undefined ? [] : [['Correlation id', message.correlationId] as const]),
    ...(message.replyTo === undefined ? [] : [['Reply to', message.replyTo] as const]),
    ...(message.group === undefined ? [] : [['Group', message.group] as const]),
    ...(message.priority === 0 ? [] : [['Priority', String(message.priority)] as const]),
    ...(message.dedupId === undefined ? [] : [['Dedup id', message.dedupId] as const]),
    ...(message.expiresAt === undefined ? [] : [['Expires', dateTime(message.expiresAt)] as const]),
    ...(message.death === undefined ? [] : [['Died', `${message.death.reason}, in ${message.death.queue}, ${dateTime(message.death.at)}`] as const]),
    ...headers.map(([name, value]) => [`Header ${name}`, value] as const),
  ];
  return (
    <Stack gap="sm" ref={box} tabIndex={-1} role="group" aria-label="Received message" style={{ outline: 'none' }}>
      <Group gap="xs" justify="space-between">
        <Badge color={message.deliveryCount > 1 ? 'yellow' : 'gray'}>
          {message.deliveryCount === 1 ? 'First delivery' : `Delivery ${message.deliveryCount}`}
        </Badge>
        <LeaseClock until={leaseUntil} />
      </Group>
      <DataList size="sm" gap={4} labelWidth={118}>
        {facts.map(([label, value]) => (
          <DataList.Item key={label}>
            <DataList.ItemLabel>{label}</DataList.ItemLabel>
            <DataList.ItemValue className="name" miw={0}>{value}</DataList.ItemValue>
          </DataList.Item>
        ))}
      </DataList>
      <Box>
        <Text size="sm" fw="var(--mantine-font-weight-medium)" mb={4}>Body{note === null ? '' : ` (${note})`}</Text>
        <CodeBlock label="Message content" text={text} copyText={message.body} tall />
      </Box>
      {answer.error === null ? null : <FailureAlert error={answer.error} />}
      <Group gap="xs">
        {button('accept', 'Accept', 'filled')}
        {button('release', 'Release')}
        {button('reject', 'Reject')}
        {button('extend', 'Extend')}
      </Group>
      <Text size="xs" c="dimmed">Accept: done, remove it. Release: back to the queue{queue.retry === null ? '' : ', after the delay of its retry policy'}. Reject: to the dead letters. Extend: {extendSeconds} more seconds from now.</Text>
    </Stack>
  );
}
