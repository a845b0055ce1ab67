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
}

const shape = /^([0-9a-hjkmnp-tv-z]{11})\.(\d{1,9})\.([0-9a-f]{8})$/;

function queueTag(queueId: string): string {
  return crc32(queueId).toString(16).padStart(8, '0');
}

export function formatReceipt(queueId: string, position: Position, deliveries: number): string {
  return `${messageIdOf(position).slice(4)}.${deliveries}.${queueTag(queueId)}`;
}

/** Fails with `receipt_invalid` for anything we did not make, `receipt_wrong_queue` for one of another queue. */
export function parseReceipt(queueId: string, text: string): Receipt {
  const parts = shape.exec(text);
  const position = parts ? positionOf(`msg_${parts[1]}`) : undefined;
  if (!parts || position === undefined) throw new WaybillError('receipt_invalid');
  if (parts[3] !== queueTag(queueId)) throw new WaybillError('receipt_wrong_queue');
  return { position, deliveries: Number(parts[2]) };
}
