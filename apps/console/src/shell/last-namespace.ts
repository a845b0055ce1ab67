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
