import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { Attempt } from '@waybill/contracts';
import { useMemo } from 'react';
import { useNamespaceId } from '../account/account.js';
import { TextLink } from '../elements/links.js';
import { PageTitle } from '../elements/page-title.js';
import { namespaceAttempts } from './attempt-calls.js';
import { AttemptList } from './attempt-list.js';
import { subscriptionQuery } from '../subscriptions/queries.js';
import { AttemptMessage } from './attempt-message.js';

/** Every attempt of a namespace, whatever its subscription. */
export function AttemptsPage() {
  const namespace = useNamespaceId();
  const filter = useSearch({ from: '/signed-in/namespaces/$namespace/attempts' });
  const navigate = useNavigate({ from: '/namespaces/$namespace/attempts' });
  const calls = useMemo(() => namespaceAttempts(namespace), [namespace]);
  const link = (subscription: string | null) => subscription === null ? <Text span inherit c="dimmed">deleted</Text> : (
    <TextLink to="/namespaces/$namespace/subscriptions/$subscription" params={{ namespace, subscription }} className="name">{subscription}</TextLink>
  );
  return (
    <>
      <PageTitle title="Attempts" description="Every call to a destination, newest first. The message is the same at every attempt, and so is its id." />
      <AttemptList
        calls={calls}
        filter={filter}
        onFilter={(next) => void navigate({ search: next, replace: true })}
        more={[{ header: 'Subscription', wide: true, cell: ({ subscription }) => link(subscription) }]}
        links={(attempt) => <><Text size="sm">Subscription {link(attempt.subscription)}</Text><AttemptOf key={attempt.id} namespace={namespace} attempt={attempt} /></>}
        none="Nothing was pushed yet. Attempts appear here as soon as a subscription has a message."
      />
    </>
  );
}

/** The queue is known by the subscription, where that still exists. */
function AttemptOf({ namespace, attempt }: { namespace: string; attempt: Attempt }) {
  const { subscription } = attempt;
  const { data } = useQuery({ ...subscriptionQuery(namespace, subscription ?? ''), enabled: subscription !== null });
  return <AttemptMessage namespace={namespace} attempt={attempt} queue={data?.queue} />;
}
