import { exchangeDelayLimitSeconds, type Exchange, type ExchangeInput, type ExchangeKind, type RoutedKind } from '@waybill/contracts';
import { routedAs } from './kinds.js';
import { seconds } from '../words/time.js';

/** What the form holds; `hashOn` is `header` where a header is hashed. */
export interface ExchangeDraft {
  kind: ExchangeKind;
  alternate: string | null;
  hashOn: 'key' | 'group' | 'dedup-id' | 'correlation-id' | 'header';
  header: string;
  /** Text while it is typed. */
  delaySeconds: number | string;
  routesAs: RoutedKind;
}

export const usualExchange: ExchangeDraft = { kind: 'topic', alternate: null, hashOn: 'key', header: '', delaySeconds: 0, routesAs: 'topic' };

export const exchangeFields = ['kind', 'alternate', 'hashOn', 'header', 'delaySeconds', 'routesAs'] as const satisfies readonly (keyof ExchangeDraft)[];

export const hashOnWords: Readonly<Record<ExchangeDraft['hashOn'], string>> = {
  key: 'the routing key', group: 'the message group', 'dedup-id': 'the dedup id', 'correlation-id': 'the correlation id', header: 'a header',
};

export function exchangeDraftOf({ kind, alternate, hashOn, delaySeconds, routesAs }: Exchange & { kind: ExchangeKind }): ExchangeDraft {
  const header = typeof hashOn === 'object' && hashOn !== null ? hashOn.header : '';
  return {
    kind, alternate, header, hashOn: header !== '' ? 'header' : typeof hashOn === 'string' ? hashOn : usualExchange.hashOn,
    delaySeconds: delaySeconds ?? usualExchange.delaySeconds, routesAs: routesAs ?? usualExchange.routesAs,
  };
}

/** What the form says, without the settings that the kind does not have. */
export function exchangeBodyOf({ kind, alternate, hashOn, header, delaySeconds, routesAs }: ExchangeDraft): ExchangeInput {
  return {
    kind, alternate,
    hashOn: routedAs({ kind, routesAs }) !== 'consistent-hash' ? null : hashOn === 'header' ? { header: header.trim() } : hashOn,
    delaySeconds: kind === 'delayed' ? Number(delaySeconds) : null,
    routesAs: kind === 'delayed' ? routesAs : null,
  };
}

/** For the form's `validate`. */
export const exchangeRules = {
  delaySeconds: (value: number | string, { kind }: ExchangeDraft) =>
    kind !== 'delayed' || (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= exchangeDelayLimitSeconds) ? null : 'Use whole seconds from 0 to 31,536,000 (a year).',
  header: (value: string, draft: ExchangeDraft) =>
    routedAs(draft) !== 'consistent-hash' || draft.hashOn !== 'header' || (value.trim() !== '' && value.length <= 128) ? null : 'Enter the header, at most 128 characters.',
};

/** The settings of an exchange in words; empty where it has none but its kind. */
export function exchangeFacts({ kind, alternate, hashOn, delaySeconds, routesAs }: Exchange): { label: string; value: string }[] {
  return [
    ...(kind === 'delayed' ? [{ label: 'Delay of messages without one', value: delaySeconds === null || delaySeconds === 0 ? 'none' : seconds(delaySeconds) }, { label: 'Matches as', value: routesAs ?? 'topic' }] : []),
    ...(hashOn === null ? [] : [{ label: 'Spreads by', value: typeof hashOn === 'object' ? `the header ${hashOn.header}` : hashOnWords[hashOn] }]),
    ...(alternate === null ? [] : [{ label: 'What no binding takes goes to', value: alternate }]),
  ];
}
