import { createHash, randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';

/** Takes the next piece; the producer waits for it before it reads more. */
export type Write = (piece: string | Uint8Array) => Promise<void>;

/** A file that is whole. */
export interface Spooled {
  readonly bytes: number;
  /** Of the bytes, hex. */
  readonly sha256: string;
  /** Once; the file is gone with the end of the stream. */
  read(): Readable;
  /** For who does not read it. */
  discard(): Promise<void>;
}

/**
 * Exports are written to a file of this machine before the first byte is sent: a failure in the middle is an error and never a file that looks
 * complete, its length is known, and a slow reader holds no snapshot of the database. In memory is one piece. The file has no name once it is
 * open, so that nothing stays behind when the process is killed.
 */
export class Spools {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param atOnce each writes from one connection of the database; more wait for their turn */
  constructor(
    private readonly atOnce = 2,
    private readonly folder = tmpdir(),
  ) {}

  /** Fails with what `produce` fails with; then nothing is left. */
  async make(produce: (write: Write) => Promise<void>): Promise<Spooled> {
    await this.#turn();
    try {
      return await this.#write(produce);
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    while (this.#running >= this.atOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
  }

  async #write(produce: (write: Write) => Promise<void>): Promise<Spooled> {
    const name = path.join(this.folder, `waybill-export-${randomUUID()}`);
    const file = await open(name, 'wx+', 0o600);
    try {
      await rm(name);
      const hash = createHash('sha256');
      let bytes = 0;
      await produce(async (given) => {
        const piece = typeof given === 'string' ? Buffer.from(given) : given;
        hash.update(piece);
        bytes += piece.length;
        await file.appendFile(piece);
      });
      return spooled(file, bytes, hash.digest('hex'));
    } catch (error) {
      await file.close();
      throw error;
    }
  }
}

function spooled(file: FileHandle, bytes: number, sha256: string): Spooled {
  return { bytes, sha256, read: () => file.createReadStream({ start: 0 }), discard: () => file.close() };
}
