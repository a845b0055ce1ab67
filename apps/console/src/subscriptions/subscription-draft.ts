import type { Body, DestinationKind, putSubscription, Subscription } from '@waybill/contracts';
import { ProblemError } from '../api/failure.js';
import { secretNames } from '../destinations/destination-fields.js';
import type { JsonSchema } from '../destinations/json-schema.js';
import { layoutOf } from '../destinations/layouts.js';
import { draftFaults, draftOf, fieldAt, fieldPaths, settingsOf, type Draft, type Faults } from '../destinations/settings-draft.js';
import { deliveryDraftOf, deliveryFaults, deliveryOf, usualDelivery, type DeliveryDraft } from './delivery-draft.js';

/** The form of a subscription but for its name and queue. */
export interface SubscriptionDraft {
  readonly kind: string;
  readonly settings: Draft;
  readonly secrets: Readonly<Record<string, string>>;
  readonly delivery: DeliveryDraft;
  readonly description: string;
  readonly customer: string;
}

export const schemaOf = (kind: DestinationKind): JsonSchema => kind.settings as JsonSchema;

export function newDraft(kind: DestinationKind): SubscriptionDraft {
  return { kind: kind.kind, settings: draftOf(schemaOf(kind)), secrets: {}, delivery: deliveryDraftOf(usualDelivery), description: '', customer: '' };
}

export function draftOfSubscription(kind: DestinationKind, { settings, delivery, description, customer }: Subscription): SubscriptionDraft {
  return { kind: kind.kind, settings: draftOf(schemaOf(kind), settings), secrets: {}, delivery: deliveryDraftOf(delivery), description, customer: customer ?? '' };
}

/** Another kind keeps what is not about the destination. */
export const withKind = (draft: SubscriptionDraft, kind: DestinationKind): SubscriptionDraft => ({ ...draft, kind: kind.kind, settings: draftOf(schemaOf(kind)), secrets: {} });

/** Settings as the API takes them; what the layout hides is left out. */
export function destinationSettingsOf(kind: DestinationKind, draft: Draft): Record<string, unknown> {
  const notes = layoutOf(kind.kind)?.notes ?? {};
  const settings = settingsOf(schemaOf(kind), draft);
  return Object.fromEntries(Object.entries(settings).filter(([name]) => notes[name]?.shown?.(draft) !== false));
}

/** Secrets that were typed and still belong to the settings. */
export function secretsOf(kind: DestinationKind, draft: Draft, secrets: Readonly<Record<string, string>>): Record<string, string> {
  const asked = secretNames(kind, draft);
  return Object.fromEntries(Object.entries(secrets).filter(([name, value]) => asked.includes(name) && value !== ''));
}

export function bodyOf(kind: DestinationKind, queue: string, draft: SubscriptionDraft): Body<typeof putSubscription> {
  return {
    queue, kind: kind.kind, settings: destinationSettingsOf(kind, draft.settings), delivery: deliveryOf(draft.delivery), description: draft.description.trim(),
    customer: draft.customer.trim() === '' ? null : draft.customer.trim(), secrets: secretsOf(kind, draft.settings, draft.secrets),
  };
}

/** What the API would refuse about the destination, by path of the settings. */
export function settingsFaults(kind: DestinationKind, draft: Draft): Faults {
  const notes = layoutOf(kind.kind)?.notes ?? {};
  return draftFaults(schemaOf(kind), draft, (path) => notes[path]?.shown?.(draft) !== false);
}

/** The same with everything else of a subscription; other fields by their names in the contract. */
export function faultsOf(kind: DestinationKind, draft: SubscriptionDraft): Faults {
  const customer = draft.customer.trim();
  return {
    ...settingsFaults(kind, draft.settings), ...deliveryFaults(draft.delivery),
    ...(customer === '' || /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(customer) ? {} : { customer: 'Use 1 to 64 letters, digits, ".", "_" or "-", starting with a letter or digit.' }),
  };
}

/**
 * Puts a refusal of the API on the fields it is about: issues under `settings`, `delivery`, `secrets`, and codes that name a setting.
 * `rest` is the error when any of it found no field, else null.
 */
export function placedFaults(error: unknown, kind: DestinationKind, draft: Draft): { faults: Faults; rest: unknown } {
  if (!(error instanceof ProblemError)) return { faults: {}, rest: error };
  const { issues = [], detail, code } = error.problem;
  const fields = fieldPaths(schemaOf(kind), draft);
  if (issues.length === 0) {
    const named = code === 'egress_refused' || code === 'setting_invalid' ? fields.find((field) => detail.includes(` ${field}:`)) : undefined;
    return named === undefined ? { faults: {}, rest: error } : { faults: { [named]: detail }, rest: null };
  }
  const faults: Record<string, string> = {};
  let lost = 0;
  for (const { path, message } of issues) {
    const inner = path.replace(/^(body\.)?/, '');
    if (inner.startsWith('settings.')) {
      const field = fieldAt(inner.slice('settings.'.length), fields);
      if (field === null) lost += 1;
      else faults[field] = message;
    } else if (inner.startsWith('delivery.')) faults[inner.split('.')[1]!] = message;
    else faults[inner] = message;
  }
  return { faults, rest: lost === 0 ? null : error };
}
