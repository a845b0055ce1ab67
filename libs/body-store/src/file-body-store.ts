import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { BodyStore, StoredBody } from './body-store.js';
import { checkBodyId, dayOf, isBodyId, newBodyId } from './body-store.js';
import { orUnavailable } from './unavailable.js';

/** What is still being written ends so; a process that was killed leaves it behind. */
const unfinished = '.part';

/** Bodies as files of one folder, which all gateways and workers must share. */
export class FileBodyStore implements BodyStore {
  constructor(
    private readonly folder: string,
    private readonly nowMs: () => number = Date.now,
  ) {}

  async put(namespaceId: string, body: Readable): Promise<StoredBody> {
    const id = newBodyId(namespaceId, this.nowMs());
    const file = this.#fileOf(id);
    const part = `${file}${unfinished}`;
    const hash = createHash('sha256');
    let bytes = 0;
    await orUnavailable(() => this.#makeFolder(path.dirname(file)));
    const handle = await orUnavailable(() => open(part, 'wx', 0o600));
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        hash.update(chunk);
        bytes += chunk.length;
        await orUnavailable(() => handle.writeFile(chunk));
      }
      await orUnavailable(() => handle.sync());
      await handle.close();
      // The name appears only after the bytes are on disk, and the answer goes out only after the name is.
      await orUnavailable(() => rename(part, file));
      await orUnavailable(() => syncFolder(path.dirname(file)));
    } catch (error) {
      // The first failure is the one to tell; what cannot be removed now is removed by `listBefore`.
      await handle.close().catch(() => undefined);
      await rm(part, { force: true }).catch(() => undefined);
      throw error;
    }
    return { id, bytes, sha256: hash.digest('hex') };
  }

  get(id: string): Promise<Buffer | undefined> {
    return orUnavailable(() => unlessAbsent(readFile(this.#fileOf(id))));
  }

  delete(id: string): Promise<void> {
    return orUnavailable(() => rm(this.#fileOf(id), { force: true }));
  }

  async *listBefore(untilMs: number): AsyncGenerator<string> {
    for (const namespaceId of await this.#entries('.')) {
      for (const day of await this.#entries(namespaceId)) {
        if (day > dayOf(untilMs)) continue;
        yield* this.#listDay(`${namespaceId}/${day}`, untilMs);
      }
    }
  }

  async *#listDay(day: string, untilMs: number): AsyncGenerator<string> {
    const names = await this.#entries(day);
    for (const name of names) {
      const file = path.join(this.folder, day, name);
      const facts = await orUnavailable(() => unlessAbsent(stat(file)));
      if (!facts || facts.mtimeMs >= untilMs) continue;
      if (name.endsWith(unfinished)) await orUnavailable(() => rm(file, { force: true }));
      else if (isBodyId(`${day}/${name}`)) yield `${day}/${name}`;
    }
    // Fails while there is something in it, which is meant.
    if (day.slice(-10) < dayOf(untilMs)) await rmdir(path.join(this.folder, day)).catch(() => undefined);
  }

  #entries(folder: string): Promise<string[]> {
    return orUnavailable(async () => (await unlessAbsent(readdir(path.join(this.folder, folder)))) ?? []);
  }

  #fileOf(id: string): string {
    return path.join(this.folder, checkBodyId(id));
  }

  /** A folder that did not exist must itself be on disk before a file in it counts. */
  async #makeFolder(folder: string): Promise<void> {
    const first = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (first === undefined) return;
    for (let made = folder; made.length >= first.length; made = path.dirname(made)) await syncFolder(path.dirname(made));
  }
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function unlessAbsent<T>(step: Promise<T>): Promise<T | undefined> {
  try {
    return await step;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
