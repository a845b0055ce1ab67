import { Paper, Stack, Text, Title } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useNamespaceId } from '../account/account.js';
import { AwaitQuery } from '../elements/await-query.js';
import { TextLink } from '../elements/links.js';
import { keysQuery, keyState } from '../keys/queries.js';
import { queuesQuery } from '../queues/queries.js';
import { CommandsStep } from './commands-step.js';
import { KeyStep } from './key-step.js';
import { QueueStep } from './queue-step.js';
import { Step } from '../elements/step.js';
import { serverNowMs } from '../words/server-time.js';

/** From nothing to a message that was published, received and accepted. Each step shows whether it is done. */
export function GettingStarted() {
  const namespace = useNamespaceId();
  const queues = useInfiniteQuery(queuesQuery(namespace));
  const keys = useQuery(keysQuery(namespace));
  const [chosen, setChosen] = useState<string | null>(null);
  return (
    <Paper p={{ base: 'md', sm: 'xl' }} component="section" aria-label="Getting started">
      <Stack gap={4} mb="xl">
        <Title order={2} fz="lg">Your first message in three steps</Title>
        <Text size="sm" c="dimmed">A queue to hold it, a key to sign with, and two commands to send it and take it back.</Text>
      </Stack>
      <AwaitQuery query={queues}>
        {(queueItems) => (
          <AwaitQuery query={keys}>
            {({ items }) => {
              const active = items.filter((key) => keyState(key, serverNowMs()) === 'active');
              const queue = queueItems.find((item) => item.name === chosen)?.name ?? queueItems[0]?.name ?? null;
              return (
                <Stack component="ol" gap={0} p={0} m={0} style={{ listStyle: 'none' }}>
                  <Step number={1} title="Create a queue" done={queueItems.length > 0}>
                    <QueueStep queues={queueItems} chosen={queue} onChosen={setChosen} />
                  </Step>
                  <Step number={2} title="Create a key" done={active.length > 0}>
                    <KeyStep activeKeys={active.length} />
                  </Step>
                  <Step number={3} title="Publish a message and receive it" done={false} last>
                    {queue === null ? <Text size="sm" c="dimmed">The commands appear here once there is a queue.</Text> : <CommandsStep queue={queue} />}
                    {queue === null ? null : (
                      <Text size="sm" mt="md">
                        No terminal at hand? The page of <TextLink to="/namespaces/$namespace/queues/$queue" params={{ namespace, queue }} underline="always">{queue}</TextLink> publishes and receives by form.
                      </Text>
                    )}
                  </Step>
                </Stack>
              );
            }}
          </AwaitQuery>
        )}
      </AwaitQuery>
    </Paper>
  );
}
