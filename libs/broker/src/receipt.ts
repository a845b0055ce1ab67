import { crc32 } from 'node:zlib';
import { WaybillError } from '@waybill/kernel';
import { messageIdOf, positionOf } from './position.js';
import type { Position } from './position.js';

/**
 * What a receipt names: one delivery of one message from one queue. A later delivery has a higher count, so a
 * receipt of a lost lease never matches the lease of today. A receipt is not a credential: the API key is.
 */
export interface Receipt {
  readonly position: Position;
  readonly deliveries: number;
  /** Bytes of the record, with `L` behind when the body lies outside: what is freed need not be read again. */
  readonly size: string;
  /** Number of the holder in the queue's list. */
  readonly holder: number;
}

const shape = /^([0-9a-hjkmnp-tv-z]{11})\.(\d{1,9})\.(\d{1,12}L?)\.(\d{1,9})\.([0-9a-f]{8})$/;

let lastTag = { queueId: '', tag: '' };

/** Many receipts of one queue come in a row. */
function queueTag(queueId: string): string {
  if (lastTag.queueId !== queueId) lastTag = { queueId, tag: crc32(queueId).toString(16).padStart(8, '0') };
  return lastTag.tag;
}

export function formatReceipt(queueId: string, { position, deliveries, size, holder }: Receipt): string {
  return `${messageIdOf(position).slice(4)}.${deliveries}.${size}.${holder}.${queueTag(queueId)}`;
}

/** Fails with `receipt_invalid` for anything we did not make, `receipt_wrong_queue` for one of another queue. */
export function parseReceipt(queueId: string, text: string): Receipt {
  const parts = shape.exec(text);
  const position = parts ? positionOf(`msg_${parts[1]}`) : undefined;
  if (!parts || position === undefined) throw new WaybillError('receipt_invalid');
  if (parts[5] !== queueTag(queueId)) throw new WaybillError('receipt_wrong_queue');
  return { position, deliveries: Number(parts[2]), size: parts[3] as string, holder: Number(parts[4]) };
}

/** The lease as the scripts name it (redis/lua/line.lua). */
export function leaseOf({ position, deliveries, size, holder }: Receipt): string {
  return `${String(position).padStart(16, '0')}:${deliveries}:${size}:${holder}`;
}

/** Of many: one argument for all of them. */
export const leasesOf = (receipts: readonly Receipt[]): string => receipts.map(leaseOf).join(' ');
