import type { Body, putSource, Source, SourceScheme } from '@waybill/contracts';
import { draftFaults, draftOf, settingsOf, type Draft, type Faults } from '../destinations/settings-draft.js';
import { schemeSchema, usualKeys } from './scheme.js';

export interface SourceDraft {
  /** `{scheme}`, as its fields hold it. */
  readonly settings: Draft;
  readonly exchange: string;
  readonly key: string;
  readonly description: string;
  readonly keepHeaders: readonly string[];
  readonly secret: string;
}

export const schemeKind = ({ settings }: Pick<SourceDraft, 'settings'>): SourceScheme['kind'] => (settings['scheme'] as Draft)['kind'] as SourceScheme['kind'];

export const newSource = (): SourceDraft => ({ settings: draftOf(schemeSchema), exchange: '', key: usualKeys.standard, description: '', keepHeaders: [], secret: '' });

export const draftOfSource = ({ scheme, exchange, key, description, keepHeaders }: Source): SourceDraft => ({ settings: draftOf(schemeSchema, { scheme }), exchange, key, description, keepHeaders, secret: '' });

/** Another sender brings its usual routing key along, unless somebody wrote one. */
export function withSettings(draft: SourceDraft, settings: Draft): SourceDraft {
  const [before, after] = [schemeKind(draft), schemeKind({ settings })];
  return { ...draft, settings, key: draft.key === usualKeys[before] ? usualKeys[after] : draft.key };
}

/** @param paused whether it takes nothing; not part of the form, because a button changes it */
export function sourceBody(draft: SourceDraft, paused: boolean): Body<typeof putSource> {
  const { scheme } = settingsOf(schemeSchema, draft.settings) as { scheme: SourceScheme };
  return { scheme, exchange: draft.exchange, key: draft.key.trim(), description: draft.description.trim(), keepHeaders: [...draft.keepHeaders], paused, ...(draft.secret === '' ? {} : { secret: draft.secret }) };
}

/** @param fresh the source is new and needs a secret, which only Standard Webhooks can do without */
export function sourceFaults(draft: SourceDraft, fresh: boolean): Faults {
  const faults: Record<string, string> = draftFaults(schemeSchema, draft.settings);
  if (draft.exchange === '') faults['exchange'] = 'Choose an exchange.';
  if (draft.key.trim() === '') faults['key'] = 'Enter a routing key.';
  if (draft.secret !== '' && draft.secret.length < 8) faults['secret'] = 'A secret has at least 8 characters.';
  else if (fresh && draft.secret === '' && schemeKind(draft) !== 'standard') faults['secret'] = 'Enter the secret that the sender signs with.';
  return faults;
}
