import type { Account } from '@waybill/contracts';
import { placesOf, type Place } from '../account/account.js';

const key = 'waybill-namespace';

/** The namespace a person was in last, on this device. A browser without storage just forgets it. */
export function keepLastNamespace(namespace: string): void {
  try {
    localStorage.setItem(key, namespace);
  } catch {
    // Storage is switched off or full: the first namespace opens next time.
  }
}

export function lastNamespace(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Where somebody goes who names no namespace: where they were last, else their first; undefined without any. */
export function usualPlace(account: Account): Place | undefined {
  const places = placesOf(account);
  const last = lastNamespace();
  return places.find(({ namespace }) => namespace.id === last) ?? places[0];
}
