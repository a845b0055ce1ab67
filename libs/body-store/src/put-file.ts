import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { WaybillError } from '@waybill/kernel';
import type { ObjectFile } from './object-targets.js';
import { syncFolder } from './file-body-store.js';

/**
 * Writes beside the name and renames: a name is always a whole file. Fails with `export_folder_refused` when the key leads out of the
 * folder, by a link too, and with `export_target_failed`.
 */
export async function putFile(folder: string, key: string, file: ObjectFile): Promise<void> {
  try {
    const name = path.resolve(folder, key);
    // Before anything is made: what is there already must not be a link to somewhere else.
    await requireInside(folder, path.dirname(name));
    await mkdir(path.dirname(name), { recursive: true, mode: 0o750 });
    await removeStale(path.dirname(name));
    const part = `${name}.${randomUUID()}.part`;
    try {
      const handle = await open(part, 'wx', 0o640);
      try {
        for await (const chunk of file.read() as AsyncIterable<Buffer>) await handle.writeFile(chunk);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(part, name);
    } finally {
      await rm(part, { force: true });
    }
    await syncFolder(path.dirname(name));
  } catch (error) {
    if (error instanceof WaybillError) throw error;
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new WaybillError('export_target_failed', { reason: `the folder could not be written (${code}): check that it is there, has room, and that the worker and the control plane may write to it` }, { cause: error });
  }
}

/** Who writes does so all the time: a part that nobody wrote to for so long is left of a process that was killed. */
const staleMs = 10 * 60_000;
const partName = /\.[0-9a-f-]{36}\.part$/;

async function removeStale(folder: string): Promise<void> {
  for (const name of (await readdir(folder)).filter((each) => partName.test(each))) {
    const part = path.join(folder, name);
    const found = await stat(part).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > staleMs) await rm(part, { force: true });
  }
}

/** The nearest folder above that exists decides. */
async function requireInside(folder: string, wanted: string): Promise<void> {
  const root = await realpath(folder);
  for (let at = wanted; ; at = path.dirname(at)) {
    const real = await realpath(at).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (real === undefined) continue;
    if (real === root || real.startsWith(`${root}${path.sep}`)) return;
    throw new WaybillError('export_folder_refused', { reason: 'the folder leads out of the one that this installation allows' });
  }
}
