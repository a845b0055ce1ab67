import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FileBodyStore } from './file-body-store.js';
import { openBodyStore } from './open-body-store.js';

let folder: string;
let nowMs: number;
let store: FileBodyStore;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bodies-'));
  nowMs = Date.UTC(2026, 5, 1, 12);
  store = new FileBodyStore(folder, () => nowMs);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const files = async () => (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name);
const listed = async (untilMs: number) => {
  const ids: string[] = [];
  for await (const id of store.listBefore(untilMs)) ids.push(id);
  return ids;
};

describe('a folder of bodies', () => {
  it('gives back what was put, with its size and digest', async () => {
    const body = randomBytes(300_000);
    const stored = await store.put('ns_1', Readable.from([body.subarray(0, 1), body.subarray(1, 200_000), body.subarray(200_000)]));
    expect(stored).toEqual({ id: expect.stringMatching(/^ns_1\/2026-06-01\/[0-9a-f]{32}$/), bytes: 300_000, sha256: createHash('sha256').update(body).digest('hex') });
    expect((await store.get(stored.id))?.equals(body)).toBe(true);
    expect((await openBodyStore(pathToFileURL(folder).href).get(stored.id))?.equals(body)).toBe(true);
  });

  it('keeps nothing of a body whose sender went away', async () => {
    const broken = Readable.from((async function* () {
      yield Buffer.from('half');
      throw new Error('gone');
    })());
    await expect(store.put('ns_1', broken)).rejects.toThrow('gone');
    expect(await files()).toEqual([]);
  });

  it('forgets a body that is deleted, and deletes twice without complaint', async () => {
    const { id } = await store.put('ns_1', Readable.from([Buffer.from('x')]));
    await store.delete(id);
    await store.delete(id);
    expect(await store.get(id)).toBeUndefined();
  });

  it.each(['../../etc/passwd', 'ns_1/2026-06-01/../../x', 'ns_1/2026-06-01/', ''])('never makes a path of %j', async (id) => {
    await expect(store.get(id)).rejects.toMatchObject({ code: 'body_store_unavailable' });
  });

  it('lists what was written before a moment and clears what a killed process left', async () => {
    const old = await store.put('ns_1', Readable.from([Buffer.from('old')]));
    nowMs += 86_400_000;
    const young = await store.put('ns_2', Readable.from([Buffer.from('young')]));
    const part = path.join(folder, path.dirname(old.id), `${'a'.repeat(32)}.part`);
    await writeFile(part, 'half');
    const longAgo = new Date(nowMs - 86_400_000);
    for (const file of [part, path.join(folder, old.id)]) await utimes(file, longAgo, longAgo);
    await utimes(path.join(folder, young.id), new Date(nowMs), new Date(nowMs));
    expect(await listed(nowMs - 3_600_000)).toEqual([old.id]);
    expect(await files()).toHaveLength(2);
    expect((await listed(nowMs + 1)).sort()).toEqual([old.id, young.id].sort());
  });

  it('removes the folder of a day that is over and empty', async () => {
    const { id } = await store.put('ns_1', Readable.from([Buffer.from('x')]));
    await store.delete(id);
    await listed(nowMs + 2 * 86_400_000);
    expect(await readdir(path.join(folder, 'ns_1'))).toEqual([]);
  });

  it('that cannot be written to is unavailable', async () => {
    const target = path.join(folder, 'file');
    await writeFile(target, '');
    await symlink(target, path.join(folder, 'ns_9'));
    await expect(store.put('ns_9', Readable.from([Buffer.from('x')]))).rejects.toMatchObject({ code: 'body_store_unavailable' });
  });
});
