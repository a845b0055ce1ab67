import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { BodyStore } from './body-store.js';
import { openBodyStore } from './open-body-store.js';
import { Bucket, bucketCredentials as credentials } from '@waybill/testing';

let bucket: Bucket;
let store: BodyStore;
const address = (secret = credentials.secretAccessKey) =>
  `s3://${credentials.accessKeyId}:${encodeURIComponent(secret)}@${bucket.host}/bucket/large?region=${credentials.region}&tls=false`;
beforeEach(async () => {
  bucket = await Bucket.open();
  store = openBodyStore(address());
});
afterEach(() => bucket.close());

const unavailable = expect.objectContaining({ code: 'body_store_unavailable' });
const inChunks = (bytes: Buffer, size = 65_536) => Readable.from(Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size)));
const listed = async (untilMs: number) => {
  const ids: string[] = [];
  for await (const id of store.listBefore(untilMs)) ids.push(id);
  return ids;
};

describe('a bucket', () => {
  it('keeps a short body by one call and a long one in parts, and gives both back as they were', async () => {
    for (const size of [0, 1, 1_000_000, 8 * 1024 * 1024, 20_000_000]) {
      const body = randomBytes(size);
      const stored = await store.put('ns_1', inChunks(body));
      expect(stored.bytes).toBe(size);
      expect((await store.get(stored.id))?.equals(body)).toBe(true);
    }
    expect(bucket.uploads.size).toBe(0);
    expect([...bucket.objects.keys()].every((key) => /^large\/ns_1\/\d{4}-\d\d-\d\d\/[0-9a-f]{32}$/.test(key))).toBe(true);
  });

  it('that knows another secret is unavailable', async () => {
    store = openBodyStore(address('wrong'));
    await expect(store.put('ns_1', Readable.from([Buffer.from('x')]))).rejects.toEqual(unavailable);
    expect(bucket.objects.size).toBe(0);
  });

  it('is asked again when it is busy for a moment, and given up on when it stays so', async () => {
    bucket.failing = { call: /^PUT/, status: 503, times: 1 };
    const { id } = await store.put('ns_1', Readable.from([Buffer.from('x')]));
    expect((await store.get(id))?.toString()).toBe('x');
    bucket.failing = { call: /^GET/, status: 500, times: 100 };
    await expect(store.get(id)).rejects.toEqual(unavailable);
  });

  it('keeps nothing of a body whose sender went away, nor of one it failed to complete', async () => {
    const broken = Readable.from((async function* () {
      for (let i = 0; i < 12; i += 1) yield Buffer.alloc(1024 * 1024);
      throw new Error('gone');
    })());
    await expect(store.put('ns_1', broken)).rejects.toThrow('gone');
    bucket.failing = { call: /^POST .*uploadId/, status: 400, times: 1 };
    await expect(store.put('ns_1', inChunks(randomBytes(9_000_000)))).rejects.toEqual(unavailable);
    expect({ objects: bucket.objects.size, uploads: bucket.uploads.size }).toEqual({ objects: 0, uploads: 0 });
  });

  it('does not take an error sent with status 200 for a completed upload', async () => {
    const put = store.put('ns_1', Readable.from((async function* () {
      for (let i = 0; i < 9; i += 1) yield Buffer.alloc(1024 * 1024);
      for (const upload of bucket.uploads.values()) upload.parts.get(1)!.etag = '"another"';
    })()));
    await expect(put).rejects.toEqual(unavailable);
  });

  it('knows nothing of a body that was deleted, and deletes twice without complaint', async () => {
    const { id } = await store.put('ns_1', Readable.from([Buffer.from('x')]));
    await store.delete(id);
    await store.delete(id);
    expect(await store.get(id)).toBeUndefined();
  });

  it('lists what is older than a moment over many pages, and abandons uploads left open', async () => {
    bucket.pageSize = 2;
    const ids = [];
    for (let i = 0; i < 5; i += 1) ids.push((await store.put('ns_1', Readable.from([Buffer.from('x')]))).id);
    bucket.objects.set('large/not-a-body', { body: Buffer.from(''), at: 0 });
    bucket.uploads.set('left', { key: 'large/ns_1/x', at: 0, parts: new Map() });
    expect((await listed(Date.now() + 1_000)).sort()).toEqual(ids.sort());
    expect(bucket.uploads.size).toBe(0);
    expect(await listed(Date.now() - 60_000)).toEqual([]);
  });

  it('that cannot be reached is unavailable', async () => {
    await bucket.close();
    await expect(store.get(`ns_1/2026-01-01/${'0'.repeat(32)}`)).rejects.toEqual(unavailable);
    bucket = await Bucket.open();
  });
});

describe('an address', () => {
  it.each(['s3://bucket/key', 's3://key:secret@host', 'ftp://x/y', 'http://x'])('like %s is refused without repeating it', (wrong) => {
    expect(() => openBodyStore(wrong)).toThrow(/BODY_STORE_URL must be/);
  });
});
