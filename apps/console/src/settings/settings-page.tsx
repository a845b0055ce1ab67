import { Paper, Stack, Switch, Text, Title } from '@mantine/core';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { changeNamespace, getNamespace } from '@waybill/contracts';
import { useNamespaceId } from '../account/account.js';
import { callOperation } from '../api/control-plane.js';
import { AwaitQuery } from '../elements/await-query.js';
import { FactList } from '../elements/fact-list.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { notice } from '../elements/notice.js';
import { PageTitle } from '../elements/page-title.js';

const namespaceQuery = (namespace: string) =>
  queryOptions({ queryKey: ['namespace', namespace], queryFn: ({ signal }) => callOperation(getNamespace, { params: { namespace }, signal }) });

/** What holds for a whole namespace. */
export function SettingsPage() {
  const namespace = useNamespaceId();
  const queryClient = useQueryClient();
  const query = namespaceQuery(namespace);
  const settings = useQuery(query);
  const change = useMutation({
    mutationFn: (messageLog: boolean) => callOperation(changeNamespace, { params: { namespace }, body: { messageLog } }),
    onSuccess: (changed) => {
      queryClient.setQueryData(query.queryKey, changed);
      notice(changed.messageLog ? 'The message log is on.' : 'The message log is off.');
    },
  });
  return (
    <>
      <PageTitle title="Settings" description="What holds for every exchange and queue of this namespace." />
      <AwaitQuery query={settings}>
        {({ id, name, messageLog }) => (
          <Stack gap="lg">
            <Stack gap="sm" component="section" aria-label="Message log">
              <Title order={2}>Message log</Title>
              <Paper p="md">
                <Stack gap="sm">
                  <Switch
                    label="Log what happens to each message"
                    description="Published, routed, leased, settled, dead: the timeline of a message, the search and the proof under an invoice line read it. Bodies are never logged."
                    checked={change.isPending ? change.variables : messageLog} disabled={change.isPending} onChange={(event) => change.mutate(event.currentTarget.checked)}
                  />
                  {messageLog ? null : <Text size="sm" c="dimmed">While it is off nothing is written; what was logged before stays as long as the log is kept.</Text>}
                  {change.error === null ? null : <FailureAlert error={change.error} />}
                </Stack>
              </Paper>
            </Stack>
            <FactList title="Namespace" facts={[{ label: 'Name', value: name }, { label: 'Id', value: id }]} />
          </Stack>
        )}
      </AwaitQuery>
    </>
  );
}
