import { Alert, Button, Group, Paper, Select, Stack, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { receive, type Queue, type ReceivedMessage } from '@waybill/contracts';
import { useState } from 'react';
import { gatewayOf } from '../api/gateway.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { useRefreshFigures } from '../figures/live.js';
import { seconds } from '../words/time.js';
import { HeldMessage } from './held-message.js';
import type { Outcome } from './outcome.js';
import { OutcomeNotice } from './outcome-notice.js';

const waits = [
  { value: '0', label: 'No, answer at once' },
  { value: '5', label: 'Up to 5 seconds' },
  { value: '20', label: 'Up to 20 seconds' },
];

/** The console's name where only one consumer may be active; while another one is, it gets nothing. */
const consoleConsumer = 'console';

/** Takes one message as a consumer would, and settles it by hand. */
export function ReceiveCard({ namespace, queue }: { namespace: string; queue: Queue }) {
  const refresh = useRefreshFigures(namespace);
  const [wait, setWait] = useState('0');
  const [held, setHeld] = useState<ReceivedMessage | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const take = useMutation({
    mutationFn: () => gatewayOf(namespace).call(receive, { params: { queue: queue.name }, body: { max: 1, waitSeconds: Number(wait), ...(queue.singleActiveConsumer ? { consumer: consoleConsumer } : {}) } }, Number(wait) * 1_000),
    onSuccess: ({ messages }) => {
      refresh();
      setHeld(messages[0] ?? null);
    },
  });
  const settled = (next: Outcome) => {
    refresh();
    setOutcome(next);
    if (next.over) setHeld(null);
  };
  return (
    <Paper p="md" component="section" aria-label="Receive a message" h="100%">
      <Stack gap="sm">
        <Title order={2}>Receive a message</Title>
        {held === null ? (
          <>
            <Text size="sm" c="dimmed">Leases one message to you for {seconds(queue.leaseSeconds)}, as it would to a consumer. Settle it before the lease ends, or it goes back to the queue.</Text>
            <Select label="Wait for a message" data={waits} value={wait} onChange={(value) => setWait(value ?? '0')} />
            {outcome === null ? null : <OutcomeNotice outcome={outcome} />}
            {take.error === null ? null : <FailureAlert error={take.error} />}
            {take.data !== undefined && take.data.messages.length === 0 && outcome === null && !take.isPending ? (
              <NothingReceived paused={take.data.paused ?? false} single={queue.singleActiveConsumer} />
            ) : null}
            <Group>
              <Button
                loading={take.isPending}
                onClick={() => {
                  setOutcome(null);
                  take.mutate();
                }}
              >
                Receive message
              </Button>
            </Group>
          </>
        ) : (
          <>
            <HeldMessage key={held.receipt} namespace={namespace} queue={queue} message={held} onSettled={settled} />
            {outcome === null ? null : <OutcomeNotice outcome={outcome} />}
          </>
        )}
      </Stack>
    </Paper>
  );
}

function NothingReceived({ paused, single }: { paused: boolean; single: boolean }) {
  if (paused) return <Alert role="status" color="yellow" title="The queue is paused">It hands nothing out until it is resumed.</Alert>;
  const more = single ? ' Only one consumer at a time gets messages of this queue; it may be another one now.' : '';
  return <Alert role="status" color="gray" title="No message is ready">Nothing was waiting in the queue. Publish one, or wait longer.{more}</Alert>;
}
