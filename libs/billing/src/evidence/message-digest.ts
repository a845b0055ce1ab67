import { createHash } from 'node:crypto';

export interface DigestOfMessages {
  readonly messages: number;
  /** Metered bytes of them. */
  readonly bytes: bigint;
  /** Hex: SHA-256 over the ids, sorted by their bytes, each followed by a line feed. */
  readonly sha256: string;
}

/** The evidence of an hour (billing.md §7): anybody with the ids of an export computes the same. */
export class MessageDigest {
  readonly #ids: string[] = [];
  #bytes = 0n;

  add(messageId: string, bytes: number): void {
    this.#ids.push(messageId);
    this.#bytes += BigInt(bytes);
  }

  finish(): DigestOfMessages {
    const hash = createHash('sha256');
    for (const id of this.#ids.sort()) hash.update(`${id}\n`);
    return { messages: this.#ids.length, bytes: this.#bytes, sha256: hash.digest('hex') };
  }
}
