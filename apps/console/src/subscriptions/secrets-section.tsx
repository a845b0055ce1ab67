import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { addSubscriptionSecret, revokeSubscriptionSecret, type DestinationKind } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';
import { AwaitQuery } from '../elements/await-query.js';
import { date } from '../words/time.js';
import { LiveSecrets } from './live-secrets.js';
import { secretsQuery, useRefreshSubscriptions } from './queries.js';
import { secretLabel } from './shown-secrets.js';

/** Secrets of a subscription. */
export function SecretsSection({ namespace, subscription, kind }: { namespace: string; subscription: string; kind: DestinationKind }) {
  const refresh = useRefreshSubscriptions(namespace);
  const secrets = useQuery(secretsQuery(namespace, subscription));
  const params = { namespace, subscription };
  const signs = kind.secrets.some(({ name }) => name === 'signing');
  return (
    <AwaitQuery query={secrets} rows={1}>
      {({ items }) => (
        <LiveSecrets
          note={signs ? 'Each call is signed with every live signing secret, so a receiver can change over while both are live.' : 'What the destination asks for to let us in, where it does. Of several of one name the newest is used.'}
          kind={kind} secrets={items} naming={({ name, liveFrom }) => `${secretLabel(name).toLowerCase()} of ${date(liveFrom)}`}
          columns={[
            { header: 'Secret', cell: ({ name }) => <Text span inherit fw={550}>{secretLabel(name)}</Text> },
            { header: 'Made', wide: true, cell: ({ generated, liveFrom }) => `${date(liveFrom)}, ${generated ? 'by Waybill' : 'given'}` },
          ]}
          revoking={signs ? 'Calls are no longer signed with it from now on. A receiver that knows no other live secret refuses them.' : 'It is used no more from now on.'}
          add={async (body) => {
            const shown = await callOperation(addSubscriptionSecret, { params, body });
            await refresh();
            return shown;
          }}
          revoke={async ({ id }) => {
            await callOperation(revokeSubscriptionSecret, { params: { ...params, secret: id } });
            await refresh();
          }}
        />
      )}
    </AwaitQuery>
  );
}
