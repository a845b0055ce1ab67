import { Stack, TextInput } from '@mantine/core';
import type { DestinationKind } from '@waybill/contracts';
import { DestinationFields } from '../destinations/destination-fields.js';
import { KindField } from '../destinations/kind-field.js';
import type { Faults } from '../destinations/settings-draft.js';
import { More } from '../elements/more.js';
import { DeliveryFields } from './delivery-fields.js';
import { deliveryBounds, type DeliveryDraft } from './delivery-draft.js';
import { delaysOf, scheduleWords } from './schedule.js';
import { withKind, type SubscriptionDraft } from './subscription-draft.js';

interface SubscriptionFieldsProps {
  readonly kinds: readonly DestinationKind[];
  readonly kind: DestinationKind;
  readonly draft: SubscriptionDraft;
  readonly onChange: (draft: SubscriptionDraft) => void;
  readonly faults: Faults;
}

/** The destination: its kind while it can be chosen, and its settings. */
export function WhereFields({ kinds, kind, draft, onChange, faults, keeps = false }: SubscriptionFieldsProps & { readonly keeps?: boolean }) {
  return (
    <Stack gap="md">
      {keeps ? null : <KindField kinds={kinds} value={draft.kind} onChange={(next) => onChange(withKind(draft, kinds.find((each) => each.kind === next)!))} />}
      <DestinationFields
        key={kind.kind} kind={kind} faults={faults} keeps={keeps}
        settings={draft.settings} onSettings={(settings) => onChange({ ...draft, settings })}
        secrets={draft.secrets} onSecrets={(secrets) => onChange({ ...draft, secrets })}
      />
    </Stack>
  );
}

const deliveryFields = ['scheduleSeconds', ...Object.keys(deliveryBounds)] as readonly (keyof DeliveryDraft)[];

/** Delivery settings behind "More", and what the subscription is called beside its name. */
export function HowFields({ draft, onChange, faults }: Pick<SubscriptionFieldsProps, 'draft' | 'onChange' | 'faults'>) {
  const delays = delaysOf(draft.delivery.scheduleSeconds);
  return (
    <Stack gap="md">
      <TextInput label="Description" placeholder="What it is for" maxLength={200} value={draft.description} onChange={(event) => onChange({ ...draft, description: event.currentTarget.value })} error={faults['description']} />
      <More label="More about delivery" forced={deliveryFields.some((name) => faults[name] !== undefined) || faults['customer'] !== undefined} {...(delays === null ? {} : { summary: scheduleWords(delays) })}>
        <Stack gap="md">
          <DeliveryFields draft={draft.delivery} onChange={(delivery) => onChange({ ...draft, delivery })} faults={faults} />
          <TextInput
            label="Customer" description="Your own name of the customer whose portal shows this subscription; empty for none." placeholder="none" autoComplete="off" autoCapitalize="none" spellCheck={false}
            value={draft.customer} onChange={(event) => onChange({ ...draft, customer: event.currentTarget.value })} error={faults['customer']}
          />
        </Stack>
      </More>
    </Stack>
  );
}
