import type { Subscription } from '@waybill/contracts';
import { labelOf } from '../destinations/json-schema.js';
import { layoutOf } from '../destinations/layouts.js';
import { FactList } from '../elements/fact-list.js';
import { dateTime } from '../words/time.js';
import { unusualDelivery } from './delivery-draft.js';
import { scheduleWords } from './schedule.js';

/** A value of the settings in one line; what says nothing is left out. */
export function settingWords(value: unknown, options: Readonly<Record<string, string>> = {}): string | null {
  if (value === null || value === undefined || value === '' || value === false) return null;
  if (value === true) return 'yes';
  if (Array.isArray(value)) return value.length === 0 ? null : value.map((each) => settingWords(each) ?? '').join(', ');
  if (typeof value === 'object') {
    const { kind, ...rest } = value as Record<string, unknown>;
    if (kind === 'none') return null;
    const entries = Object.entries(typeof kind === 'string' ? rest : value);
    if (entries.length === 0) return typeof kind === 'string' ? (options[kind] ?? kind) : null;
    return (typeof kind === 'string' ? `${options[kind] ?? kind}, ` : '') + entries.map(([name, each]) => `${name}: ${settingWords(each) ?? '–'}`).join(', ');
  }
  return String(value);
}

/** Settings as they are in force: the destination's, and of delivery what is not as usual. */
export function SubscriptionFacts({ subscription }: { subscription: Subscription }) {
  const { kind, settings, delivery, customer, createdAt, changedAt } = subscription;
  const notes = layoutOf(kind)?.notes ?? {};
  const destination = Object.entries(settings).flatMap(([name, value]) => {
    const words = settingWords(value, notes[name]?.options);
    if (words === null || notes[name]?.shown?.(settings) === false) return [];
    return [{ label: notes[name]?.label ?? labelOf(name), value: notes[name]?.options?.[words] ?? words }];
  });
  const facts = [
    ...destination,
    { label: 'Schedule', value: scheduleWords(delivery.scheduleSeconds) },
    ...unusualDelivery(delivery),
    ...(customer === null ? [] : [{ label: 'Customer', value: customer }]),
    { label: 'Created', value: dateTime(createdAt) },
    ...(changedAt === createdAt ? [] : [{ label: 'Changed', value: dateTime(changedAt) }]),
  ];
  return <FactList title="Settings" facts={facts} />;
}
