import { Button, Group, Paper, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { getSubscription, putSubscription, testSubscription, type DestinationKind, type Reply } from '@waybill/contracts';
import { useRef, useState, type FormEvent } from 'react';
import { useNamespaceId } from '../account/account.js';
import { callOperation } from '../api/control-plane.js';
import { NameTaken, refuseTakenName } from '../api/name-taken.js';
import { destinationWords, kindTitle } from '../destinations/destination-words.js';
import type { Faults } from '../destinations/settings-draft.js';
import { AwaitQuery } from '../elements/await-query.js';
import { Breadcrumb } from '../elements/breadcrumb.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { useFocusFault } from '../elements/focus-fault.js';
import { ButtonLink } from '../elements/links.js';
import { PageTitle } from '../elements/page-title.js';
import { Step } from '../elements/step.js';
import { nameFault, nameRule } from '../words/names.js';
import { destinationKindsQuery, useRefreshSubscriptions } from './queries.js';
import { QueueField } from './queue-field.js';
import { HeldNotice } from './recipients.js';
import { ShownSecrets } from './shown-secrets.js';
import { bodyOf, faultsOf, newDraft, placedFaults } from './subscription-draft.js';
import { HowFields, WhereFields } from './subscription-fields.js';
import { TestCall } from './test-call.js';

type Created = Reply<typeof putSubscription>;

export function CreateSubscriptionPage() {
  const namespace = useNamespaceId();
  const kinds = useQuery(destinationKindsQuery(namespace));
  return (
    <>
      <PageTitle title="Create subscription" above={<Breadcrumb to="/namespaces/$namespace/subscriptions" label="Subscriptions" />} description="A subscription pushes the messages of a queue to a destination. A message leaves the queue when the destination took it." />
      <AwaitQuery query={kinds} rows={6}>
        {({ items }) => (items.length === 0 ? <Text>This installation has no kind of destination.</Text> : <CreateForm namespace={namespace} kinds={items} />)}
      </AwaitQuery>
    </>
  );
}

function CreateForm({ namespace, kinds }: { namespace: string; kinds: readonly DestinationKind[] }) {
  const search = useSearch({ from: '/signed-in/namespaces/$namespace/create-subscription' });
  const refresh = useRefreshSubscriptions(namespace);
  const [draft, setDraft] = useState(() => newDraft(kinds.find(({ kind, available }) => available && kind === 'webhook') ?? kinds.find(({ available }) => available) ?? kinds[0]!));
  const [queue, setQueue] = useState(search.queue ?? '');
  const [typedName, setTypedName] = useState<string | null>(null);
  const [faults, setFaults] = useState<Faults>({});
  const [failure, setFailure] = useState<unknown>(null);
  const form = useRef<HTMLFormElement>(null);
  useFocusFault(form, faults);
  const [created, setCreated] = useState<Created | null>(null);
  const [editing, setEditing] = useState(true);
  const [tested, setTested] = useState(false);
  const kind = kinds.find((each) => each.kind === draft.kind)!;
  const name = typedName ?? (queue === '' ? '' : `${queue}-${kind.kind}`.slice(0, 127));

  const save = useMutation({
    mutationFn: async () => {
      const params = { namespace, subscription: name };
      if (created === null) await refuseTakenName(name, () => callOperation(getSubscription, { params }));
      const saved = await callOperation(putSubscription, { params, body: bodyOf(kind, queue, draft) });
      await refresh();
      return saved;
    },
    onSuccess: (saved) => {
      // Secrets of the first answer are still the live ones after a correction of the settings.
      setCreated({ ...saved, secrets: [...saved.secrets, ...(created?.secrets ?? [])] });
      setEditing(false);
      setDraft({ ...draft, secrets: {} });
    },
    onError: (error) => {
      if (error instanceof NameTaken) return setFaults({ name: error.message });
      const placed = placedFaults(error, kind, draft.settings);
      setFaults(placed.faults);
      setFailure(placed.rest);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setFailure(null);
    const wrongName = nameFault(name);
    const found = { ...(queue === '' ? { queue: 'Choose a queue.' } : wrongName === null ? {} : { name: wrongName }), ...faultsOf(kind, draft) };
    setFaults(found);
    if (Object.keys(found).length === 0) save.mutate();
  };
  const change = (next: typeof draft) => {
    setFaults({});
    setDraft(next);
  };

  return (
    <form ref={form} noValidate onSubmit={submit} style={{ maxWidth: 760 }}>
      <Stack component="ol" gap={0} p={0} m={0} style={{ listStyle: 'none' }}>
        <Step number={1} title="What is pushed" done={created !== null}>
          {editing ? (
            <Stack gap="md">
              <QueueField namespace={namespace} value={queue} onChange={(next) => { setFaults({}); setQueue(next); }} error={faults['queue']} disabled={created !== null} />
              <TextInput label="Name of the subscription" description={nameRule} withAsterisk disabled={created !== null} placeholder="orders-webhook" autoComplete="off" autoCapitalize="none" spellCheck={false} value={name} onChange={(event) => { setFaults({}); setTypedName(event.currentTarget.value); }} error={faults['name']} />
            </Stack>
          ) : <Text size="sm">The messages of <span className="name">{queue}</span>, as <span className="name">{name}</span></Text>}
        </Step>
        <Step number={2} title="Where to" done={created !== null}>
          {editing ? <WhereFields kinds={kinds} kind={kind} draft={draft} onChange={change} faults={faults} keeps={created !== null} /> : <Text size="sm">{kindTitle(kind.kind, kinds)} <span className="name">{destinationWords(created!)}</span></Text>}
        </Step>
        <Step number={3} title="How" done={created !== null}>
          {editing ? (
            <Stack gap="md">
              <HowFields draft={draft} onChange={change} faults={faults} />
              {failure === null ? null : <FailureAlert error={failure} />}
              <Group gap="xs">
                <Button type="submit" loading={save.isPending}>{created === null ? 'Create subscription' : 'Save and try again'}</Button>
                {created === null ? <ButtonLink variant="default" to="/namespaces/$namespace/subscriptions" params={{ namespace }}>Cancel</ButtonLink> : <Button variant="default" onClick={() => setEditing(false)}>Cancel</Button>}
              </Group>
            </Stack>
          ) : (
            <Group gap="sm">
              <Text size="sm">{draft.description === '' ? 'As chosen.' : draft.description}</Text>
              <Button size="compact-sm" variant="default" onClick={() => setEditing(true)}>Change settings</Button>
            </Group>
          )}
        </Step>
        <Step number={4} title="Try it" done={tested} last>
          {created === null ? <Text size="sm" c="dimmed">Once it is created you send a test event and see what comes back.</Text> : (
            <Stack gap="md">
              {created.secrets.length === 0 ? null : <ShownSecrets secrets={created.secrets} />}
              {created.held ? <HeldNotice subscription={created} /> : null}
              <Paper p="md">
                <Stack gap="sm">
                  <Text size="sm">{created.held ? 'Each address was sent a mail that asks for confirmation. When somebody has confirmed, send a test event.' : 'A test event is sent at once, like every message. It is not metered and does not touch the queue.'}</Text>
                  <TestCall primary call={() => callOperation(testSubscription, { params: { namespace, subscription: name } })} onDone={({ outcome }) => setTested(outcome === 'delivered')} />
                </Stack>
              </Paper>
              <Group>
                <ButtonLink {...(tested ? {} : { variant: 'default' })} to="/namespaces/$namespace/subscriptions/$subscription" params={{ namespace, subscription: name }}>Open the subscription</ButtonLink>
              </Group>
            </Stack>
          )}
        </Step>
      </Stack>
    </form>
  );
}
