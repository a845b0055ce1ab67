import { Readable } from 'node:stream';
import { emptyHeaders, formatReceipt } from '@waybill/broker';
import type { Delivery } from '@waybill/broker';
import { arrayHead, bytesHead, integerAsCbor, mapHead, textAsCbor, valueAsCbor } from '@waybill/platform';
import { isPlainDelivery, pieceLimit, publishedText, shownProperties } from './delivery-reply.js';
import type { LeasedFrom } from './delivery-reply.js';

/** Fields of a message: of its lease, of what travels with every one, and the body. */
const fields = { lease: 3, properties: 7, body: 1 } as const;
const name = {
  messages: textAsCbor('messages'), receipt: textAsCbor('receipt'), deliveryCount: textAsCbor('deliveryCount'), leaseUntil: textAsCbor('leaseUntil'),
  id: textAsCbor('id'), publishedAt: textAsCbor('publishedAt'), exchange: textAsCbor('exchange'), key: textAsCbor('key'),
  contentType: textAsCbor('contentType'), priority: textAsCbor('priority'), headers: textAsCbor('headers'), body: textAsCbor('body'),
} as const;
const nothing = valueAsCbor({});

/**
 * The answer of a receive as CBOR; `more` is what it has beside the messages. Everything but the bodies is text of Latin-1
 * (see the encoder), so that each body is copied once, and not at all into an answer in pieces.
 */
export function receivedCbor(leased: LeasedFrom, deliveries: readonly Delivery[], more: Readonly<Record<string, unknown>>): Buffer | Readable {
  const rest = Object.entries(more);
  const open = `${mapHead(rest.length + 1)}${rest.map(([key, value]) => textAsCbor(key) + valueAsCbor(value)).join('')}${name.messages}${arrayHead(deliveries.length)}`;
  const lease = name.leaseUntil + textAsCbor(leased.leaseUntil);
  const heads: string[] = [];
  let bytes = open.length;
  for (const delivery of deliveries) {
    const head = headOf(leased, lease, delivery);
    heads.push(head);
    bytes += head.length + delivery.body.length;
  }
  return bytes > pieceLimit ? Readable.from(pieces(open, heads, deliveries), { objectMode: false }) : joined(bytes, open, heads, deliveries);
}

function joined(bytes: number, open: string, heads: readonly string[], deliveries: readonly Delivery[]): Buffer {
  const answer = Buffer.allocUnsafe(bytes);
  let at = answer.write(open, 0, 'latin1');
  for (const [index, { body }] of deliveries.entries()) {
    at += answer.write(heads[index] as string, at, 'latin1');
    at += body.copy(answer, at);
  }
  return answer;
}

function* pieces(open: string, heads: readonly string[], deliveries: readonly Delivery[]): Generator<Buffer> {
  yield Buffer.from(open, 'latin1');
  for (const [index, { body }] of deliveries.entries()) {
    yield Buffer.from(heads[index] as string, 'latin1');
    if (body.length > 0) yield body;
  }
}

/** A message up to the bytes of its body. */
function headOf({ queueId, mark = '' }: LeasedFrom, lease: string, delivery: Delivery): string {
  const receipt = formatReceipt(queueId, delivery.receipt) + mark;
  const start = `${name.receipt}${textAsCbor(receipt)}${name.deliveryCount}${integerAsCbor(delivery.deliveries)}${lease}`;
  const end = name.body + bytesHead(delivery.body.length);
  if (isPlainDelivery(delivery)) return mapHead(fields.lease + fields.properties + fields.body) + start + plainProperties(delivery) + end;
  const shown = Object.entries(shownProperties(delivery.id, delivery.position, delivery.properties));
  return mapHead(fields.lease + shown.length + fields.body) + start + shown.map(([key, value]) => textAsCbor(key) + valueAsCbor(value)).join('') + end;
}

function plainProperties({ id, position, properties }: Delivery): string {
  const { exchange, key, contentType, priority, headers } = properties;
  return (
    `${name.id}${textAsCbor(id)}${name.publishedAt}${textAsCbor(publishedText(id, position, properties))}${name.exchange}${valueAsCbor(exchange ?? null)}` +
    `${name.key}${textAsCbor(key)}${name.contentType}${textAsCbor(contentType)}${name.priority}${integerAsCbor(priority)}` +
    `${name.headers}${headers === emptyHeaders ? nothing : valueAsCbor(headers)}`
  );
}
