import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { WaybillError } from '@waybill/kernel';
import type { Secret } from '@waybill/kernel';

/** Standard Webhooks, "Signature scheme": `v1` is HMAC-SHA256, `v1a` is ed25519. */
export type SignatureScheme = 'v1' | 'v1a';

const prefixes = { secret: 'whsec_', private: 'whsk_', public: 'whpk_' } as const;
/** Standard Webhooks: between 24 and 64 bytes. */
const secretBytes = { least: 24, most: 64, made: 32 } as const;
const seedBytes = 32;
/** DER around a raw ed25519 key (RFC 8410 §7). */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A key that is ready to sign; made once per secret, not per message. */
export interface SigningKey {
  readonly scheme: SignatureScheme;
  /** `v1,<base64>` over `head` and then `body`. */
  signature(head: string, body: Uint8Array): string;
}

/** Reads `whsec_…` or `whsk_…`. Fails with `request_invalid`; the text itself is not repeated. */
export function signingKeyOf(secret: Secret): SigningKey {
  const text = secret.reveal();
  if (text.startsWith(prefixes.private)) return ed25519Key(privateKeyOf(text));
  if (!text.startsWith(prefixes.secret)) throw malformed('must start with whsec_ or whsk_');
  const bytes = decoded(text.slice(prefixes.secret.length));
  if (bytes.length < secretBytes.least || bytes.length > secretBytes.most) throw malformed(`must be ${secretBytes.least} to ${secretBytes.most} bytes in base64 after whsec_`);
  return hmacKey(bytes);
}

/** `whpk_…` of a `whsk_…`, which its receivers verify with; undefined for a symmetric secret. Fails with `request_invalid`. */
export function publicKeyTextOf(secret: Secret): string | undefined {
  const text = secret.reveal();
  return text.startsWith(prefixes.private) ? `${prefixes.public}${rawPublicKey(privateKeyOf(text)).toString('base64')}` : undefined;
}

/** A new secret as text: `whsec_` for `v1`; for `v1a` `whsk_`, seed and public key as the specification's tools write it. */
export function newSigningSecret(scheme: SignatureScheme = 'v1'): string {
  if (scheme === 'v1') return `${prefixes.secret}${randomBytes(secretBytes.made).toString('base64')}`;
  const { privateKey } = generateKeyPairSync('ed25519');
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(pkcs8Head.length);
  return `${prefixes.private}${Buffer.concat([seed, rawPublicKey(privateKey)]).toString('base64')}`;
}

/** Of SHA-256, bytes; no secret is longer, so none has to be digested first. */
const blockBytes = 64;
const digestBytes = 32;
/** What is signed, put together: nearly always it fits, and nothing is allocated. */
const room = Buffer.alloc(8_192);

/**
 * HMAC-SHA256 (RFC 2104 §2) by two digests. An `Hmac` of node:crypto for each call costs more than what it computes: it is
 * made, keyed, and left to the garbage collector.
 */
function hmacKey(secret: Buffer): SigningKey {
  const inner = padded(secret, 0x36);
  const outer = Buffer.concat([padded(secret, 0x5c), Buffer.alloc(digestBytes)]);
  return {
    scheme: 'v1',
    signature(head, body) {
      outer.write(hash('sha256', joined(inner, head, body), 'latin1'), blockBytes, 'latin1');
      return `v1,${hash('sha256', outer, 'base64')}`;
    },
  };
}

/** Good until the next call. */
function joined(inner: Buffer, head: string, body: Uint8Array): Buffer {
  if (blockBytes + 3 * head.length + body.length > room.length) return Buffer.concat([inner, Buffer.from(head), body]);
  room.set(inner);
  const start = blockBytes + room.write(head, blockBytes);
  room.set(body, start);
  return room.subarray(0, start + body.length);
}

function padded(secret: Buffer, pad: number): Buffer {
  const block = Buffer.alloc(blockBytes, pad);
  for (const [i, byte] of secret.entries()) block[i] = byte ^ pad;
  return block;
}

function ed25519Key(key: KeyObject): SigningKey {
  return { scheme: 'v1a', signature: (head, body) => `v1a,${sign(null, Buffer.concat([Buffer.from(head), body]), key).toString('base64')}` };
}

function privateKeyOf(text: string): KeyObject {
  const bytes = decoded(text.slice(prefixes.private.length));
  if (bytes.length !== seedBytes && bytes.length !== 2 * seedBytes) throw malformed('must be 32 or 64 bytes in base64 after whsk_');
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Head, bytes.subarray(0, seedBytes)]), format: 'der', type: 'pkcs8' });
  if (bytes.length === 2 * seedBytes && !bytes.subarray(seedBytes).equals(rawPublicKey(key))) throw malformed('has a public half that does not belong to it');
  return key;
}

function rawPublicKey(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-seedBytes);
}

function decoded(text: string): Buffer {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw malformed('must be base64 after its prefix');
  return Buffer.from(text, 'base64');
}

function malformed(reason: string): WaybillError {
  return new WaybillError('request_invalid', {}, { issues: [{ path: 'secrets.signing', message: reason }] });
}
