import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Spools } from './spool.js';

describe('an export', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'waybill-spool-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is read as it was written, its length and digest known before, one piece in memory at a time', async () => {
    let [made, taken, most] = [0, 0, 0];
    const pieces: string[] = [];
    const file = await new Spools(1, folder).make(async (write) => {
      for (; made < 500; ) {
        made += 1;
        most = Math.max(most, made - taken);
        pieces.push(`row ${made}, é\r\n`);
        await write(pieces.at(-1)!);
        taken += 1;
      }
    });
    expect(most).toBe(1);
    const whole = pieces.join('');
    expect([file.bytes, file.sha256]).toEqual([Buffer.byteLength(whole), createHash('sha256').update(whole).digest('hex')]);
    expect(await text(file.read())).toBe(whole);
  });

  it('that fails in the middle is an error and leaves nothing', async () => {
    const failing = new Spools(1, folder).make(async (write) => {
      await write('half of it');
      throw new Error('the database went away');
    });
    await expect(failing).rejects.toThrow('the database went away');
    expect(await readdir(folder)).toEqual([]);
  });

  it('waits while others are written, and comes when one of them failed', async () => {
    const spools = new Spools(2, folder);
    let [running, most] = [0, 0];
    const two = Promise.withResolvers<void>();
    const made = await Promise.allSettled(Array.from({ length: 7 }, (_, i) => spools.make(async (write) => {
      running += 1;
      most = Math.max(most, running);
      if (running === 2) two.resolve();
      await two.promise;
      await write(`${i}`);
      running -= 1;
      if (i % 3 === 0) throw new Error('refused');
    })));
    await Promise.all(made.map((each) => (each.status === 'fulfilled' ? each.value.discard() : undefined)));
    expect([most, made.filter(({ status }) => status === 'fulfilled').length]).toEqual([2, 4]);
  });
});
