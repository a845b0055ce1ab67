import { Command } from 'ioredis';
import type { Redis } from 'ioredis';

/** Redis reads up to 16 KiB of a connection at a time, unless a larger buffer is already there (`PROTO_IOBUF_LEN`). */
const readAtOnceBytes = 16 * 1024;
/** An argument of 32 KiB or more is read in one piece, and leaves a buffer of its size behind (`PROTO_MBULK_BIG_ARG`). */
const leastRoomBytes = 32 * 1024;
const mostRoomBytes = 512 * 1024;
/** Redis takes back a buffer that was not half used for a second or so (`clientsCronResizeQueryBuffer`). */
const roomLastsMs = 1_000;

interface Room {
  readonly bytes: number;
  readonly madeMs: number;
}

const noRoom: Room = { bytes: 0, madeMs: 0 };
const rooms = new WeakMap<Redis, Room>();

/**
 * Sees to it that Redis reads the next call of this connection in one turn of its event loop, and syncs once for it: a call
 * of 200 KiB would else be read in ten turns, with the fsyncs of other connections between them. What is sent means nothing
 * (which of no scripts exist); what it leaves behind is the buffer. docs/adr/0024.
 */
export function makeInputRoom(redis: Redis, callBytes: number, nowMs = performance.now()): void {
  if (callBytes <= readAtOnceBytes) return;
  const room = rooms.get(redis);
  if (room !== undefined && room.bytes >= Math.min(callBytes, mostRoomBytes) && nowMs - room.madeMs < roomLastsMs) return;
  const bytes = Math.min(mostRoomBytes, Math.max(leastRoomBytes, 2 ** Math.ceil(Math.log2(callBytes))));
  // A new connection starts without a buffer.
  if (room === undefined) redis.on('ready', () => rooms.set(redis, noRoom));
  rooms.set(redis, { bytes, madeMs: nowMs });
  // When it fails, so does the call it is made for, which tells.
  (redis.sendCommand(new Command('script', ['EXISTS', Buffer.alloc(bytes)])) as Promise<unknown>).catch(() => undefined);
}
