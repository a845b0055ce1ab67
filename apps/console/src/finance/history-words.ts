import { dimensionName } from '../usage/dimensions.js';
import { count, plural } from '../words/figures.js';
import { money } from '../words/money.js';
import { dateTime } from '../words/time.js';

/** What happened or was asked for whose words are not its name. */
const said: Readonly<Record<string, string>> = {
  'approval.requested': 'Approval asked for', 'approval.approved': 'Approved', 'approval.rejected': 'Rejected', 'contract.set': 'Contract agreed', 'pushes.sent_again': 'Usage sent again',
  'deletion.began': 'Deletion begun', 'invoice.uncollectible': 'Invoice written off', 'invoice.noted': 'Note written', 'export_schedule.run_asked': 'Export asked for', 'credit_note.made': 'Credit note made',
  'usage_batch.retried': 'Unbooked usage tried again', 'usage_batch.dropped': 'Unbooked usage dropped', usage_batch: 'Unbooked usage',
  finalize: 'Finalize invoice', grant: 'Grant credit', adjustment: 'Correct usage', credit_note: 'Credit note', uncollectible: 'Write off', void: 'Void invoice',
};

/** `invoice.finalized` as a person says it: Invoice finalized. */
export const actionWords = (action: string): string => said[action] ?? sentence(action.replace(/[._]/g, ' '));

const labels: Readonly<Record<string, string>> = { paymentTermsDays: 'Payable within', delta: 'Correction', text: 'Note', every: 'Rhythm', action: 'What', lines: 'Counted', sha256: 'Digest' };
/** The tenant has a column; what an amount is in stands beside it; who asked is shown as a person. */
const elsewhere = ['tenantId', 'currency', 'requestedBy'];

export interface EventFact {
  readonly label: string;
  readonly value: string;
}

/**
 * What an action left behind in words, money and times; ids come last. Before an action that changed something, only what became another.
 * @param currency  of amounts that do not name one; null where the history knows none
 */
export function eventFacts({ before, after }: { readonly before?: unknown; readonly after: unknown }, currency: string | null): EventFact[] {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  const changed = Object.fromEntries(Object.entries(old).filter(([name, value]) => value !== null && JSON.stringify(value) !== JSON.stringify(now[name])));
  const facts = [...factsOf(now, currency, ''), ...factsOf(changed, currency, ' before')];
  return [...facts.filter(({ isId }) => !isId), ...facts.filter(({ isId }) => isId)].map(({ label, value }) => ({ label, value }));
}

/** In one line, for where there is no room for a list. */
export const factLine = (facts: readonly EventFact[]): string => facts.map(({ label, value }) => `${label} ${value}`).join(', ');

function factsOf(fields: Readonly<Record<string, unknown>>, currency: string | null, suffix: string): (EventFact & { readonly isId: boolean })[] {
  const amountsIn = typeof fields['currency'] === 'string' ? fields['currency'] : currency;
  return Object.entries(fields).flatMap(([name, value]) => {
    if (value === null || value === undefined || value === '' || elsewhere.includes(name)) return [];
    if (typeof value === 'object' && !Array.isArray(value)) return factsOf(value as Record<string, unknown>, amountsIn, suffix);
    return [{ label: `${labelOf(name)}${suffix}`, value: valueWords(name, value, amountsIn), isId: name.endsWith('Id') }];
  });
}

function valueWords(name: string, value: unknown, currency: string | null): string {
  if (Array.isArray(value)) return value.map((each) => valueWords(name, each, currency)).join(', ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (name.endsWith('Cents') && currency !== null) return money(String(value), currency);
  if (name === 'paymentTermsDays') return plural(Number(value), 'day');
  if (name === 'delta') return count(String(value));
  if (name === 'action') return actionWords(String(value));
  if (typeof value === 'number') return count(value);
  const text = String(value);
  if (/^\d{4}-\d\d-\d\dT/.test(text)) return dateTime(text);
  if (text.startsWith('mq_')) return dimensionName(text);
  return /^[a-z]+(_[a-z]+)+$/.test(text) ? text.replaceAll('_', ' ') : text;
}

/** `totalCents` as Total, `lineId` as Line. */
const labelOf = (name: string): string => labels[name] ?? sentence(name.replace(/(Cents|Id|At)$/, '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`));
const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
/** Something that is no object is told as a note. */
const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : { text: value });
