import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';

/** What `put` wrote. */
export interface StoredBody {
  /** `<namespace id>/<day, yyyy-mm-dd>/<32 hex digits>`: a store lists by namespace and day without an index. */
  readonly id: string;
  readonly bytes: number;
  /** SHA-256 of the bytes, hex. */
  readonly sha256: string;
}

/**
 * Bodies too large for the message store. Written once, never changed. A body that `put` has answered is on disk;
 * one that it has not answered never shows. Every method fails with `body_store_unavailable` when the store cannot
 * be reached or refuses.
 */
export interface BodyStore {
  /** Reads the stream to its end. Whatever the stream fails with is thrown as it is, and nothing is kept. */
  put(namespaceId: string, body: Readable): Promise<StoredBody>;
  /** The whole body. Undefined when there is none of this id. */
  get(id: string): Promise<Buffer | undefined>;
  /** Deleting what is gone is no error. */
  delete(id: string): Promise<void>;
  /** Ids of bodies written before the moment, in no order; leftovers of uploads that broke off are removed on the way. */
  listBefore(untilMs: number): AsyncIterable<string>;
}

const idPattern = /^[A-Za-z0-9_-]{1,64}\/\d{4}-\d{2}-\d{2}\/[0-9a-f]{32}$/;

export function newBodyId(namespaceId: string, nowMs: number): string {
  return `${namespaceId}/${dayOf(nowMs)}/${randomBytes(16).toString('hex')}`;
}

/** The day in UTC. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Ids come back from the message store; one of another form must never become a path. */
export function checkBodyId(id: string): string {
  if (!idPattern.test(id)) throw new Error('this is not the id of a body');
  return id;
}

export function isBodyId(id: string): boolean {
  return idPattern.test(id);
}
