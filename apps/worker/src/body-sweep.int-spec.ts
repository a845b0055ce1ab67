import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openBodyStore } from '@waybill/body-store';
import type { BodyStore } from '@waybill/body-store';
import { BodyReferences, keys } from '@waybill/broker';
import { HeldClock, silentLogger, WaybillError } from '@waybill/kernel';
import type { NamespaceId } from '@waybill/kernel';
import { openTestRedis } from '@waybill/testing';
import { BodySweep } from './body-sweep.js';

const day = 86_400_000;
let redis: Awaited<ReturnType<typeof openTestRedis>>;
let folder: string;
let store: BodyStore;
let ns: NamespaceId;
let clock: HeldClock;
let sweep: BodySweep;
beforeEach(async () => {
  redis = await openTestRedis();
  folder = await mkdtemp(path.join(tmpdir(), 'bodies-'));
  store = openBodyStore(pathToFileURL(folder).href);
  ns = `ns_${randomBytes(8).toString('hex')}` as NamespaceId;
  // Two days after the bodies are written, so that their names say the same day as their files.
  clock = new HeldClock(Date.now() + 2 * day);
  sweep = new BodySweep(store, new BodyReferences(redis), clock, silentLogger);
  await redis.set(keys.position(ns), 1);
});
afterEach(async () => {
  await redis.unlink(keys.position(ns), keys.bodies(ns), keys.freeBodies(ns));
  redis.disconnect();
  await rm(folder, { recursive: true, force: true });
});

const put = async (ageMs = 2 * day): Promise<string> => {
  const { id } = await store.put(ns, Readable.from([Buffer.from('x')]));
  const written = new Date(clock.nowMs() - ageMs);
  await utimes(path.join(folder, id), written, written);
  return id;
};
const kept = async (...ids: string[]) => Promise.all(ids.map(async (id) => (await store.get(id)) !== undefined));

describe('the sweep of large bodies', () => {
  it('deletes what was let go, and keeps what has a message again', async () => {
    const [gone, again, used] = await Promise.all([put(0), put(0), put(0)]);
    await redis.rpush(keys.freeBodies(ns), gone, again);
    await redis.hset(keys.bodies(ns), { [again]: 1, [used]: 2 });
    expect(await sweep.run([ns])).toEqual({ deleted: 1, orphans: 0, failed: 0 });
    expect(await kept(gone, again, used)).toEqual([false, true, true]);
    expect(await redis.llen(keys.freeBodies(ns))).toBe(0);
  });

  it('deletes bodies that never got a message, a day after they were written', async () => {
    const [orphan, used, young] = await Promise.all([put(), put(), put(day / 2)]);
    await redis.hset(keys.bodies(ns), used, 1);
    expect(await sweep.run([])).toEqual({ deleted: 0, orphans: 1, failed: 0 });
    expect(await kept(orphan, used, young)).toEqual([false, true, true]);
  });

  it('looks for orphans a few times a day, not at every run', async () => {
    await sweep.run([]);
    await put();
    expect(await sweep.run([])).toMatchObject({ orphans: 0 });
    clock.advance(6 * 3_600_000);
    expect(await sweep.run([])).toMatchObject({ orphans: 1 });
  });

  it('deletes nothing when Redis has never seen a message of the namespace', async () => {
    const body = await put();
    await redis.rpush(keys.freeBodies(ns), body);
    await redis.unlink(keys.position(ns));
    expect(await sweep.run([ns])).toEqual({ deleted: 0, orphans: 0, failed: 0 });
    expect(await kept(body)).toEqual([true]);
  });

  it('tries again what could not be deleted', async () => {
    const bodies = await Promise.all([put(0), put(0), put(0)]);
    await redis.rpush(keys.freeBodies(ns), ...bodies);
    let failures = 1;
    const failing: BodyStore = {
      put: store.put.bind(store), get: store.get.bind(store), listBefore: store.listBefore.bind(store),
      delete: async (id) => {
        if (id === bodies[1] && failures-- > 0) throw new WaybillError('body_store_unavailable');
        await store.delete(id);
      },
    };
    const tired = new BodySweep(failing, new BodyReferences(redis), clock, silentLogger);
    expect(await tired.run([ns])).toMatchObject({ deleted: 1, failed: 1 });
    expect(await tired.run([ns])).toMatchObject({ deleted: 2, failed: 0 });
    expect(await kept(...bodies)).toEqual([false, false, false]);
  });
});
