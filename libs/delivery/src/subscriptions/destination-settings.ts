import { WaybillError } from '@waybill/kernel';
import type { DestinationKind } from '../destination.js';
import type { Settings } from './definitions.js';

/** The kinds of this installation (destinations/registry.ts). */
export interface DestinationKinds {
  all(): readonly DestinationKind[];
  /** Fails with `destination_kind_unknown`. */
  find(kind: string): DestinationKind;
  /** Fails with `destination_kind_unknown`, and `destination_unavailable` where the installation lacks what the kind needs. */
  usable(kind: string): DestinationKind;
}

/**
 * Settings as the kind's own schema parses them. Fails with `request_invalid` and every fault under `settings`,
 * `text_invalid` for what no store holds, and what the kind's check throws.
 */
export async function checkSettings(kind: DestinationKind, given: Settings): Promise<Settings> {
  const result = kind.settings.safeParse(given);
  if (!result.success) {
    const issues = result.error.issues.flatMap((issue) => {
      const path = ['settings', ...issue.path.map(String)].join('.');
      return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => ({ path: `${path}.${key}`, message: 'is not known here' })) : [{ path, message: issue.message }];
    });
    throw new WaybillError('request_invalid', {}, { issues });
  }
  requireStorable('settings', result.data);
  await kind.check(result.data);
  return result.data;
}

/** Fails with `text_invalid` for NUL and unpaired surrogates, in names and values at any depth. */
export function requireStorable(field: string, value: unknown): void {
  if (typeof value === 'string') {
    if (!value.isWellFormed() || value.includes('\0')) throw new WaybillError('text_invalid', { field }, { issues: [{ path: field, message: 'NUL and unpaired surrogates are not allowed' }] });
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value)) {
      requireStorable(field, key);
      requireStorable(`${field}.${key}`, each);
    }
  }
}
