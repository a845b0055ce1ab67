import type { BindingDefinition, RoutedKind } from '@waybill/broker';
import { compileFilter } from '@waybill/broker';
import { WaybillError } from '@waybill/kernel';
import type { BindingInput, BindingRule } from './definitions.js';
import { requireText, settingInvalid } from './refusals.js';

type Filter = NonNullable<BindingDefinition['filter']>;

/**
 * Checks what a binding says by itself and fills in the defaults; `path` names it in the request.
 * Fails with `filter_invalid`, `text_invalid`.
 */
export function bindingRule(input: BindingInput, path: string): BindingRule {
  const { destination, pattern, headers, match, absent = [], filter = null, split = null, weight = 1 } = input;
  for (const text of Object.entries(headers).flat()) requireText(`${path}.headers`, text);
  for (const name of absent) requireText(`${path}.absent`, name);
  if (filter !== null) requireFilter(filter, `${path}.filter`);
  return { destination, pattern, headers, match, absent: [...new Set(absent)].sort(), filter, split, weight };
}

/** Whether the binding fits an exchange that matches as `kind`. Fails with `setting_invalid`. */
export function requireFittingRule(kind: RoutedKind, { absent, filter, split, weight }: BindingRule, path: string): void {
  if (absent.length > 0 && kind !== 'headers') throw settingInvalid(`${path}.absent`, 'only a headers exchange looks at headers');
  if (filter !== null && kind !== 'filter') throw settingInvalid(`${path}.filter`, 'only a filter exchange looks at it');
  if (split !== null && kind === 'consistent-hash') throw settingInvalid(`${path}.split`, 'a consistent-hash exchange takes one binding anyway');
  if (weight !== 1 && split === null && kind !== 'consistent-hash') throw settingInvalid(`${path}.weight`, 'it needs a split to be a share of');
}

/** Nothing said that is as usual, because every gateway holds it. */
export function bindingDefinition({ id, source, destination, pattern, headers, match, absent, filter, split, weight }: BindingRule & { id: string; source: string }): BindingDefinition {
  return {
    id, source, destination, pattern, headers, match,
    ...(absent.length === 0 ? {} : { absent }),
    ...(filter === null ? {} : { filter: filter as Filter }),
    ...(split === null ? {} : { split }),
    ...(weight === 1 ? {} : { weight }),
  };
}

/** The compiler names places inside the filter; the client sent more than that. */
function requireFilter(filter: Record<string, unknown>, path: string): void {
  try {
    compileFilter(filter);
  } catch (error) {
    if (!(error instanceof WaybillError)) throw error;
    const at = [path, error.params['path']].filter(Boolean).join('.');
    throw new WaybillError(error.code, { ...error.params, path: at }, { issues: [{ path: at, message: String(error.params['reason']) }] });
  }
}
