import type { Secret } from '@waybill/kernel';
import type { Secrets } from '../destination.js';

/** A destination was opened without a secret that its settings need. */
export class MissingSecretError extends Error {
  constructor(readonly secret: string) {
    super(`The secret "${secret}" is missing.`);
    this.name = 'MissingSecretError';
  }
}

/** The newest of the live secrets of a name, where only one can be used. Throws MissingSecretError. */
export function secretOf(secrets: Secrets, name: string): Secret {
  const [newest] = secrets[name] ?? [];
  if (newest === undefined) throw new MissingSecretError(name);
  return newest;
}
