import type { ExchangeDefinition, RoutedKind } from '@waybill/broker';
import { defaultExchange } from '@waybill/broker';
import { z } from 'zod';
import type { CreatableKind, ExchangeInput, ExchangeSettings } from './definitions.js';
import { requireText, settingInvalid } from './refusals.js';

/** The columns of an exchange that its settings come from. */
export interface ExchangeSettingsRow {
  readonly kind: string;
  readonly alternate: string | null;
  readonly settings: unknown;
}

/** How an exchange of these settings matches bindings. */
export const matchedAs = ({ kind, routesAs }: Pick<ExchangeSettings, 'kind' | 'routesAs'>): RoutedKind => (kind === 'delayed' ? (routesAs ?? 'topic') : kind);

/** Fills in the defaults of the kind. Fails with `setting_invalid` where a setting does not fit it, `text_invalid`. */
export function completeExchangeSettings(input: ExchangeInput): ExchangeSettings {
  const { kind } = input;
  const delayed = kind === 'delayed';
  const [alternate, delaySeconds, routesAs, hashOn] = [input.alternate ?? null, input.delaySeconds ?? null, input.routesAs ?? null, input.hashOn ?? null];
  if (alternate === defaultExchange) throw settingInvalid('alternate', 'the default exchange cannot be an alternate');
  if (!delayed && delaySeconds !== null) throw settingInvalid('delaySeconds', 'only an exchange of kind delayed has it');
  if (!delayed && routesAs !== null) throw settingInvalid('routesAs', 'only an exchange of kind delayed has it');
  const hashes = matchedAs({ kind, routesAs }) === 'consistent-hash';
  if (!hashes && hashOn !== null) throw settingInvalid('hashOn', 'only an exchange that routes as consistent-hash has it');
  if (hashOn !== null && typeof hashOn === 'object') requireText('hashOn.header', hashOn.header);
  return {
    kind, alternate,
    hashOn: hashes ? (hashOn ?? 'key') : null,
    delaySeconds: delayed ? (delaySeconds ?? 0) : null,
    routesAs: delayed ? (routesAs ?? 'topic') : null,
  };
}

const stored = z.object({
  hashOn: z.union([z.enum(['key', 'group', 'dedup-id', 'correlation-id']), z.object({ header: z.string() })]).nullable().default(null),
  delaySeconds: z.number().nullable().default(null),
  routesAs: z.enum(['direct', 'topic', 'fanout', 'headers', 'filter', 'consistent-hash']).nullable().default(null),
});

export function exchangeSettingsOf({ kind, alternate, settings }: ExchangeSettingsRow): ExchangeSettings {
  return { kind: kind as CreatableKind, alternate, ...stored.parse(settings) };
}

/** The column `settings`: what is no column of its own. */
export function exchangeColumns({ alternate, hashOn, delaySeconds, routesAs }: ExchangeSettings) {
  return { alternate, settings: { hashOn, delaySeconds, routesAs } };
}

export function exchangeDefinition(row: ExchangeSettingsRow & { id: string; name: string }): ExchangeDefinition {
  const { kind, alternate, hashOn, delaySeconds, routesAs } = exchangeSettingsOf(row);
  return {
    id: row.id, name: row.name, kind,
    ...(alternate === null ? {} : { alternate }),
    ...(hashOn === null ? {} : { hashOn }),
    ...(delaySeconds === null ? {} : { delayMs: delaySeconds * 1_000 }),
    ...(routesAs === null ? {} : { routesAs }),
  };
}
