import type { Binding } from '@waybill/contracts';

type Rule = Pick<Binding, 'pattern' | 'headers' | 'match'> & Partial<Pick<Binding, 'absent' | 'filter' | 'split' | 'weight'>>;

const filterShown = 160;

/** What a binding takes, in a line. The binding does not know its exchange's kind, so it says what is written in it. */
export function bindingRule({ split = null, weight = 1, ...rule }: Rule): string {
  const share = split === null ? (weight === 1 ? '' : `, weight ${weight}`) : `, weight ${weight} of the split ${split}`;
  return `${matched(rule)}${share}`;
}

function matched({ pattern, headers, match, absent = [], filter = null }: Omit<Rule, 'split' | 'weight'>): string {
  if (filter !== null) {
    const text = JSON.stringify(filter);
    return text.length > filterShown ? `${text.slice(0, filterShown)}…` : text;
  }
  const wanted = Object.entries(headers);
  const parts = [
    ...(wanted.length === 0 ? [] : [`${match === 'all' ? 'all of' : 'any of'} ${wanted.map(([name, value]) => `${name}=${value}`).join(', ')}`]),
    ...(absent.length === 0 ? [] : [`without ${absent.join(', ')}`]),
  ];
  if (parts.length > 0) return parts.join(', ');
  return pattern === '' ? 'every message' : pattern;
}
