import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { base32, Secret } from '@waybill/kernel';

/**
 * `wb_<env>_<id>_<secret>_<crc>`: env is live or test, id 12 characters (60 bits), secret 32 (160 bits), crc 6.
 * Prefix and id may be seen by support and leak scanners; the checksum refuses a mistyped key without any look-up.
 * All parts have fixed lengths, so the hot path cuts at known places.
 */
export type KeyEnvironment = 'live' | 'test';

const idStart = 8;
const idEnd = 20;
const secretStart = 21;
const secretEnd = 53;
const crcStart = 54;
const keyLength = 60;

export interface KeyParts {
  readonly environment: KeyEnvironment;
  readonly id: string;
  readonly secret: string;
}

/** The parts of a well-formed key with a right checksum; null otherwise. */
export function parseApiKey(token: string): KeyParts | null {
  if (token.length !== keyLength || token[idEnd] !== '_' || token[secretEnd] !== '_') return null;
  const head = token.slice(0, idStart);
  if (head !== 'wb_live_' && head !== 'wb_test_') return null;
  if (checksum(token.slice(0, secretEnd)) !== token.slice(crcStart)) return null;
  return { environment: head === 'wb_live_' ? 'live' : 'test', id: token.slice(idStart, idEnd), secret: token.slice(secretStart, secretEnd) };
}

/** A new key and the hash that is kept of it. */
export function mintApiKey(environment: KeyEnvironment): { id: string; key: Secret; secretHash: Buffer } {
  const id = base32(randomBytes(8)).slice(0, idEnd - idStart);
  const secret = base32(randomBytes(20));
  const unchecked = `wb_${environment}_${id}_${secret}`;
  return { id, key: new Secret(`${unchecked}_${checksum(unchecked)}`), secretHash: hashSecret(secret) };
}

/** A plain hash is enough for 160 random bits (ASVS 6.5.2), and a slow one would not fit the hot path. */
export function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

/** How a key begins, for lists. */
export function previewOf(environment: string, id: string): string {
  return `wb_${environment}_${id}…`;
}

const crcBytes = Buffer.alloc(4);

/** The upper 30 bits of the CRC-32, as 6 characters. */
function checksum(text: string): string {
  crcBytes.writeUInt32BE(crc32(text));
  return base32(crcBytes).slice(0, keyLength - crcStart);
}
