import { addSourceSecret, revokeSourceSecret, type Source } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';
import { LiveSecrets } from '../subscriptions/live-secrets.js';
import { dateTime } from '../words/time.js';
import { useRefreshSources } from './queries.js';
import { secretHints } from './scheme.js';

/** Secrets that calls may be signed with. */
export function SourceSecrets({ namespace, source }: { namespace: string; source: Source }) {
  const refresh = useRefreshSources(namespace);
  const params = { namespace, source: source.name };
  const { kind } = source.scheme;
  return (
    <LiveSecrets
      sender note="A call is taken when it is signed with any of them, so that the sender can change over."
      kind={{ secrets: [{ name: 'signing', description: secretHints[kind], generated: kind === 'standard' }] }} secrets={source.secrets}
      columns={[{ header: 'Added', cell: ({ createdAt }) => dateTime(createdAt) }]}
      naming={({ createdAt }) => `the secret of ${dateTime(createdAt)}`} revoking="Calls signed with it are refused from now on."
      add={async ({ value, graceSeconds }) => {
        const { id, value: made } = await callOperation(addSourceSecret, { params, body: { graceSeconds, ...(value === undefined ? {} : { value }) } });
        await refresh();
        return { id, name: 'signing', value: made };
      }}
      revoke={async ({ id }) => {
        await callOperation(revokeSourceSecret, { params: { ...params, secret: id } });
        await refresh();
      }}
    />
  );
}
