import { Alert, Button, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useParams, useRouter } from '@tanstack/react-router';
import { deleteExchange, type Exchange } from '@waybill/contracts';
import { IconAdjustments, IconInfoCircle, IconTrash } from '@tabler/icons-react';
import { callOperation } from '../api/control-plane.js';
import { AwaitQuery } from '../elements/await-query.js';
import { Breadcrumb } from '../elements/breadcrumb.js';
import { ConfirmDialog } from '../elements/confirm-dialog.js';
import { FactList } from '../elements/fact-list.js';
import { notice } from '../elements/notice.js';
import { PageTitle } from '../elements/page-title.js';
import { useRefreshTopology } from '../queues/queries.js';
import { plural } from '../words/figures.js';
import { ExchangeBindings } from './exchange-bindings.js';
import { exchangeFacts } from './exchange-draft.js';
import { ExchangeSettingsDialog } from './exchange-settings-dialog.js';
import { KindBadge } from './exchanges-page.js';
import { kindWords, routedAs } from './kinds.js';
import { exchangeQuery } from './queries.js';

export function ExchangePage() {
  const { namespace, exchange: name } = useParams({ from: '/signed-in/namespaces/$namespace/exchanges/$exchange' });
  const exchange = useQuery(exchangeQuery(namespace, name));
  if (exchange.data !== undefined) return <LoadedExchange key={exchange.data.name} namespace={namespace} exchange={exchange.data} />;
  return (
    <>
      <PageTitle title={name} mono above={<Breadcrumb to="/namespaces/$namespace/exchanges" label="Exchanges" />} />
      <AwaitQuery query={exchange} rows={4}>{() => null}</AwaitQuery>
    </>
  );
}

function LoadedExchange({ namespace, exchange }: { namespace: string; exchange: Exchange }) {
  const router = useRouter();
  const refresh = useRefreshTopology(namespace);
  const [deleting, dialog] = useDisclosure(false);
  const [editing, settings] = useDisclosure(false);
  const { kind } = exchange;
  const routed = routedAs(exchange);
  const facts = exchangeFacts(exchange);
  const remove = useMutation({
    mutationFn: () => callOperation(deleteExchange, { params: { namespace, exchange: exchange.name } }),
    onSuccess: async () => {
      notice(`Exchange ${exchange.name} deleted.`);
      await router.navigate({ to: '/namespaces/$namespace/exchanges', params: { namespace } });
      await refresh();
    },
  });
  return (
    <>
      <PageTitle
        title={exchange.name}
        mono
        above={<Breadcrumb to="/namespaces/$namespace/exchanges" label="Exchanges" />}
        beside={<KindBadge kind={exchange.kind} />}
        description={exchange.builtIn ? undefined : kindWords[exchange.kind]}
        actions={
          exchange.builtIn ? null : (
            <>
              <Button variant="default" leftSection={<IconAdjustments size={16} />} onClick={settings.open}>Edit settings</Button>
              <Button variant="default" c="var(--mantine-color-error)" leftSection={<IconTrash size={16} />} onClick={dialog.open}>
                Delete exchange
              </Button>
            </>
          )
        }
      />
      {kind === 'default' || routed === null ? (
        <Alert color="gray" icon={<IconInfoCircle size={18} />} title="The default exchange is built in">
          Publish to it with the name of a queue as the routing key, and the message goes straight into that queue. It reaches every queue of the namespace without bindings, takes none, and cannot be deleted. For any other routing create an exchange of your own.
        </Alert>
      ) : (
        <Stack gap="lg">
          {facts.length === 0 ? null : <FactList title="Settings" facts={facts} />}
          <ExchangeBindings namespace={namespace} exchange={{ name: exchange.name, kind: routed }} />
          <ExchangeSettingsDialog opened={editing} onClose={settings.close} namespace={namespace} exchange={{ ...exchange, kind }} />
        </Stack>
      )}
      <ConfirmDialog
        opened={deleting}
        onClose={() => {
          remove.reset();
          dialog.close();
        }}
        title={`Delete exchange ${exchange.name}?`}
        confirmLabel="Delete exchange"
        onConfirm={() => remove.mutate()}
        pending={remove.isPending}
        error={remove.error}
      >
        This also deletes {plural(exchange.bindings, 'binding')} from it and every binding to it. Exchanges and queues that send it what they cannot route or deliver go on without it. Publishing to it is refused from then on. Messages already in queues stay there.
      </ConfirmDialog>
    </>
  );
}
