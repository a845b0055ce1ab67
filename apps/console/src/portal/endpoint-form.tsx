import { Radio, Stack, TagsInput, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { changePortalSubscription, createPortalSubscription, rotatePortalSecret, type PortalSubscription, type ShownSecret } from '@waybill/contracts';
import { useRef, useState, type FormEvent } from 'react';
import { DestinationFields } from '../destinations/destination-fields.js';
import { KindField } from '../destinations/kind-field.js';
import { draftOf, type Faults } from '../destinations/settings-draft.js';
import { useFocusFault } from '../elements/focus-fault.js';
import { FormFoot } from '../elements/form-foot.js';
import { patternFault } from '../exchanges/kinds.js';
import { destinationSettingsOf, placedFaults, schemaOf, secretsOf, settingsFaults } from '../subscriptions/subscription-draft.js';
import { useRefreshEndpoints } from './portal-calls.js';
import type { PortalDoor } from './portal-door.js';
import type { PortalInfo } from './portal.js';

interface EndpointFormProps {
  readonly door: PortalDoor;
  readonly portal: PortalInfo;
  /** Null for a new one. */
  readonly endpoint: PortalSubscription | null;
  readonly onSaved: (endpoint: PortalSubscription, secrets: readonly ShownSecret[]) => void;
  readonly onCancel: () => void;
}

const everything = '#';

/** An endpoint and the events it gets. */
export function EndpointForm({ door, portal, endpoint, onSaved, onCancel }: EndpointFormProps) {
  const refresh = useRefreshEndpoints();
  const [chosen, setChosen] = useState(endpoint?.kind ?? (portal.kinds.find(({ available }) => available) ?? portal.kinds[0])?.kind ?? '');
  const kind = portal.kinds.find((each) => each.kind === chosen);
  const [settings, setSettings] = useState(() => (kind === undefined ? {} : draftOf(schemaOf(kind), endpoint?.settings ?? {})));
  const [secrets, setSecrets] = useState<Readonly<Record<string, string>>>({});
  const [description, setDescription] = useState(endpoint?.description ?? '');
  const [all, setAll] = useState(portal.wildcards && (endpoint?.events.includes(everything) ?? true));
  const [events, setEvents] = useState<string[]>(endpoint?.events.filter((event) => event !== everything) ?? []);
  const [faults, setFaults] = useState<Faults>({});
  const [failure, setFailure] = useState<unknown>(null);
  const form = useRef<HTMLFormElement>(null);
  useFocusFault(form, faults);
  // Where the owner of the page chose the events there is nothing to choose.
  const mayChoose = endpoint === null || endpoint.events.length > 0;
  const save = useMutation({
    mutationFn: async () => {
      const body = { settings: destinationSettingsOf(kind!, settings), description: description.trim(), events: !mayChoose || all ? [everything] : events };
      const saved = endpoint === null ? await door.call(createPortalSubscription, { body: { ...body, kind: chosen } }) : { ...(await door.call(changePortalSubscription, { params: { subscription: endpoint.id }, body })), secrets: [] };
      for (const [name, value] of Object.entries(secretsOf(kind!, settings, secrets))) await door.call(rotatePortalSecret, { params: { subscription: saved.id }, body: { name, value, graceSeconds: 0 } });
      await refresh();
      return saved;
    },
    onSuccess: ({ secrets: made, ...saved }) => onSaved(saved, made),
    onError: (error) => {
      const placed = placedFaults(error, kind!, settings);
      setFaults(placed.faults);
      setFailure(placed.rest);
    },
  });
  if (kind === undefined) return null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setFailure(null);
    const odd = all || !mayChoose ? null : events.length === 0 ? 'Enter at least one event.' : (events.map((each) => patternFault(portal.wildcards ? 'topic' : 'direct', each, 255)).find((fault) => fault !== null) ?? null);
    const found = { ...settingsFaults(kind, settings), ...(odd === null ? {} : { events: odd }) };
    setFaults(found);
    if (Object.keys(found).length === 0) save.mutate();
  };
  const choose = (next: string) => {
    setChosen(next);
    setSettings(draftOf(schemaOf(portal.kinds.find((each) => each.kind === next)!)));
    setSecrets({});
    setFaults({});
  };
  return (
    <form ref={form} noValidate onSubmit={submit}>
      <Stack gap="md">
        {endpoint !== null || portal.kinds.length < 2 ? null : <KindField kinds={portal.kinds} value={chosen} onChange={choose} />}
        <DestinationFields key={chosen} kind={kind} settings={settings} onSettings={(next) => { setFaults({}); setSettings(next); }} secrets={secrets} onSecrets={setSecrets} faults={faults} keeps={endpoint !== null} />
        <TextInput label="Description" placeholder="What it is for" maxLength={200} value={description} onChange={(event) => setDescription(event.currentTarget.value)} />
        {!mayChoose ? null : (
          <Stack gap="xs">
            {!portal.wildcards ? null : (
              <Radio.Group label="Events" value={all ? 'all' : 'some'} onChange={(value) => { setFaults({}); setAll(value === 'all'); }}>
                <Stack gap="xs" mt={6}>
                  <Radio value="all" label="All events" />
                  <Radio value="some" label="Only some" />
                </Stack>
              </Radio.Group>
            )}
            {all ? null : (
              <TagsInput
                {...(portal.wildcards ? { 'aria-label': 'Names of events' } : { label: 'Events' })} description={portal.wildcards ? '“*” stands for one word, “#” for any number: order.* takes order.created.' : 'Their exact names.'}
                placeholder={events.length === 0 ? 'order.created' : ''} value={events} onChange={(next) => { setFaults({}); setEvents(next); }} acceptValueOnBlur splitChars={[',', ' ']} clearable={false} error={faults['events']}
              />
            )}
          </Stack>
        )}
        <FormFoot failure={failure} pending={save.isPending} submit={endpoint === null ? 'Add endpoint' : 'Save'} onCancel={onCancel} />
      </Stack>
    </form>
  );
}
