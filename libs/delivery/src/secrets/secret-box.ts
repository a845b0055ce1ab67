import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { Secret } from '@waybill/kernel';

/** Where a secret belongs. It opens nowhere else: a row that was copied to another one is refused. */
export interface SecretPlace {
  readonly tenantId: string;
  readonly namespaceId: string;
  /** Id of the subscription or source. */
  readonly subject: string;
  /** Which of its secrets. */
  readonly name: string;
}

const format = 'wbs1';
const algorithm = 'aes-256-gcm';
/** SP 800-38D §8.2.2: random IVs of 96 bits, at most 2^32 secrets per key. */
const ivBytes = 12;
const tagBytes = 16;
const keyBytes = 32;

/** A sealed secret that does not open: changed, moved to another place, or sealed with a key that is no longer configured. */
export class SealBrokenError extends Error {
  constructor(reason: string) {
    super(`A sealed secret does not open: ${reason}.`);
    this.name = 'SealBrokenError';
  }
}

/**
 * Encrypts secrets for the database: `wbs1.<key id>.<base64url of IV, tag, ciphertext>`, AES-256-GCM with the place as
 * additional data. The first key seals, every key opens: to rotate, put a new one first and seal again at leisure.
 */
export class SecretBox {
  readonly #keys = new Map<string, KeyObject>();
  readonly #sealingId: string;

  /** `keys` as in SECRETS_KEYS. Throws a plain Error when it is malformed. */
  constructor(keys: Secret) {
    const entries = keys.reveal().split(',').map(entryOf);
    const [first] = entries;
    if (first === undefined) throw new Error('SECRETS_KEYS names no key.');
    this.#sealingId = first.id;
    for (const { id, key } of entries) {
      if (this.#keys.has(id)) throw new Error(`SECRETS_KEYS names the key "${id}" twice.`);
      this.#keys.set(id, key);
    }
  }

  seal(secret: Secret, place: SecretPlace): string {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv(algorithm, this.#keys.get(this.#sealingId) as KeyObject, iv, { authTagLength: tagBytes });
    cipher.setAAD(additionalData(this.#sealingId, place));
    const text = Buffer.concat([cipher.update(secret.reveal(), 'utf8'), cipher.final()]);
    return `${format}.${this.#sealingId}.${Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url')}`;
  }

  /** Throws SealBrokenError. */
  open(sealed: string, place: SecretPlace): Secret {
    const [version, id = '', content = '', ...rest] = sealed.split('.');
    if (version !== format || rest.length > 0) throw new SealBrokenError('its format is not known');
    const key = this.#keys.get(id);
    if (key === undefined) throw new SealBrokenError(`its key "${id.slice(0, 32)}" is not configured`);
    const bytes = Buffer.from(content, 'base64url');
    if (bytes.length < ivBytes + tagBytes) throw new SealBrokenError('it is cut off');
    const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes });
    decipher.setAAD(additionalData(id, place));
    decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
    try {
      return new Secret(Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]).toString('utf8'));
    } catch {
      throw new SealBrokenError('it was changed or belongs elsewhere');
    }
  }

  /** Whether it was sealed with a key that is not the first any more. */
  isOld(sealed: string): boolean {
    return !sealed.startsWith(`${format}.${this.#sealingId}.`);
  }
}

function entryOf(text: string): { id: string; key: KeyObject } {
  const split = text.indexOf(':');
  const id = text.slice(0, split).trim();
  const bytes = Buffer.from(text.slice(split + 1), 'base64');
  if (split < 1 || bytes.length !== keyBytes) throw new Error(`SECRETS_KEYS must be <id>:<base64 of ${keyBytes} bytes>, several with commas.`);
  return { id, key: createSecretKey(bytes) };
}

/** JSON, so that no two places write the same bytes whatever their names hold. */
function additionalData(keyId: string, { tenantId, namespaceId, subject, name }: SecretPlace): Buffer {
  return Buffer.from(JSON.stringify([format, keyId, tenantId, namespaceId, subject, name]));
}
