import type { SigningKey } from './signing-key.js';

/** Most live secrets of one destination: every one costs a signature per call. */
export const liveSecretsLimit = 5;

/** The three headers of Standard Webhooks, name, value, …. `keys` newest first; a receiver accepts the call if it can verify one of them. */
export function signedHeaders(keys: readonly SigningKey[], id: string, nowMs: number, body: Uint8Array): string[] {
  const seconds = Math.floor(nowMs / 1000);
  const head = `${id}.${seconds}.`;
  const [first] = keys;
  const signature = keys.length === 1 && first ? first.signature(head, body) : keys.map((key) => key.signature(head, body)).join(' ');
  return ['webhook-id', id, 'webhook-timestamp', String(seconds), 'webhook-signature', signature];
}
