import { isUtf8 } from 'node:buffer';
import type { QueueEntry } from '@waybill/broker';
import type { BrowsedMessage } from '@waybill/contracts';
import { bodyEncodingOf, shownProperties } from './delivery-reply.js';

export type ShownBody = 'none' | 'head' | 'full';
const headBytes = 1_024;
/** Bytes that a character of UTF-8 may lack at a cut. */
const cutCharacterBytes = 3;

/** A message as it lies in a queue, as the contract shows it. `body`: of a message whose body lies outside the message store. */
export function browsedMessage(entry: QueueEntry, shown: ShownBody, body: Buffer = entry.body): BrowsedMessage {
  const { id, position, state, deliveries, properties, untilMs, holder, deferKey } = entry;
  const bytes = properties.storedBody?.bytes ?? entry.body.length;
  return {
    ...shownProperties(id, position, properties),
    state, deliveryCount: deliveries, bytes,
    ...(holder === undefined ? {} : { holder }),
    ...(untilMs === undefined ? {} : { until: new Date(untilMs).toISOString() }),
    ...(deferKey === undefined ? {} : { deferKey }),
    ...(shown === 'none' ? {} : bodyOf(properties.contentType, shown === 'full' ? body : headOf(body), bytes)),
  };
}

function bodyOf(contentType: string, shown: Buffer, bytes: number): Pick<BrowsedMessage, 'body' | 'bodyEncoding' | 'bodyCut'> {
  const bodyEncoding = bodyEncodingOf(contentType, shown);
  return { body: shown.toString(bodyEncoding), bodyEncoding, ...(shown.length < bytes ? { bodyCut: true } : {}) };
}

/** The beginning, without half a character at its end. */
function headOf(body: Buffer): Buffer {
  if (body.length <= headBytes) return body;
  for (let cut = 0; cut <= cutCharacterBytes; cut += 1) {
    const head = body.subarray(0, headBytes - cut);
    if (isUtf8(head)) return head;
  }
  return body.subarray(0, headBytes);
}
