import { Modal, Stack } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { putSubscription, type DestinationKind, type Subscription } from '@waybill/contracts';
import { useRef, useState, type FormEvent } from 'react';
import { callOperation } from '../api/control-plane.js';
import type { Faults } from '../destinations/settings-draft.js';
import { useFocusFault } from '../elements/focus-fault.js';
import { FormFoot } from '../elements/form-foot.js';
import { notice } from '../elements/notice.js';
import { useRefreshSubscriptions } from './queries.js';
import { bodyOf, draftOfSubscription, faultsOf, placedFaults } from './subscription-draft.js';
import { HowFields, WhereFields } from './subscription-fields.js';

interface SettingsDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly namespace: string;
  readonly subscription: Subscription;
  readonly kind: DestinationKind;
}

export function SettingsDialog({ opened, onClose, ...rest }: SettingsDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Settings of ${rest.subscription.name}`} size="lg">
      <SettingsForm onClose={onClose} {...rest} />
    </Modal>
  );
}

function SettingsForm({ onClose, namespace, subscription, kind }: Omit<SettingsDialogProps, 'opened'>) {
  const refresh = useRefreshSubscriptions(namespace);
  const [draft, setDraft] = useState(() => draftOfSubscription(kind, subscription));
  const [faults, setFaults] = useState<Faults>({});
  const [failure, setFailure] = useState<unknown>(null);
  const form = useRef<HTMLFormElement>(null);
  useFocusFault(form, faults);
  const save = useMutation({
    mutationFn: async () => {
      await callOperation(putSubscription, { params: { namespace, subscription: subscription.name }, body: bodyOf(kind, subscription.queue, draft) });
      await refresh();
    },
    onSuccess: () => {
      notice('Settings saved. They hold from now on.');
      onClose();
    },
    onError: (error) => {
      const placed = placedFaults(error, kind, draft.settings);
      setFaults(placed.faults);
      setFailure(placed.rest);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setFailure(null);
    const found = faultsOf(kind, draft);
    setFaults(found);
    if (Object.keys(found).length === 0) save.mutate();
  };
  const change = (next: typeof draft) => {
    setFaults({});
    setDraft(next);
  };
  return (
    <form ref={form} noValidate onSubmit={submit}>
      <Stack gap="md">
        <WhereFields kinds={[kind]} kind={kind} draft={draft} onChange={change} faults={faults} keeps />
        <HowFields draft={draft} onChange={change} faults={faults} />
        <FormFoot failure={failure} pending={save.isPending} submit="Save settings" onCancel={onClose} />
      </Stack>
    </form>
  );
}
