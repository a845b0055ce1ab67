import { Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNamespaceId } from '../account/account.js';
import { gatewayOf } from '../api/gateway.js';
import { AwaitQuery } from '../elements/await-query.js';
import { CodeBlock } from '../elements/code-block.js';
import { useFreshKey } from '../keys/queries.js';
import { acceptCommand, keyPlaceholder, publishCommand, receiveCommand } from './commands.js';

export function CommandsStep({ queue }: { queue: string }) {
  const namespace = useNamespaceId();
  const fresh = useFreshKey(namespace);
  const gatewayUrl = useQuery({ queryKey: ['gateway-url', namespace], queryFn: () => gatewayOf(namespace).url(), staleTime: Infinity });
  return (
    <AwaitQuery query={gatewayUrl}>
      {(url) => {
        const facts = { gatewayUrl: url, queue, key: fresh ?? keyPlaceholder };
        return (
          <Stack gap="md">
            {fresh === null ? <Text size="sm" c="dimmed">Run <span className="name">export WAYBILL_KEY=wb_…</span> with your key first, or create a key above and it is filled in.</Text> : null}
            <div>
              <Text size="sm" mb={6}>Publish. The answer says which queues stored it and what it was counted as.</Text>
              <CodeBlock label="Publish command" text={publishCommand(facts)} />
            </div>
            <div>
              <Text size="sm" mb={6}>Receive. The message comes with a receipt that names your lease.</Text>
              <CodeBlock label="Receive command" text={receiveCommand(facts)} />
            </div>
            <div>
              <Text size="sm" mb={6}>Accept, with the receipt of the answer in place of RECEIPT. Without it the message comes back when the lease ends.</Text>
              <CodeBlock label="Accept command" text={acceptCommand(facts)} />
            </div>
          </Stack>
        );
      }}
    </AwaitQuery>
  );
}
