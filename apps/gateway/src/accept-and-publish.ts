import { parseReceipt } from '@waybill/broker';
import type { OutgoingMessage, QueueRef } from '@waybill/broker';
import type { acceptAndPublish, Parsed } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import type { Clock } from '@waybill/kernel';
import type { DataCaller } from './authenticate.js';
import type { BrokerWiring } from './broker-wiring.js';
import { invalidMessage } from './batch-input.js';
import { outgoingMessageOf } from './message-input.js';
import type { ParsedMessage } from './message-input.js';
import { receiptJson } from './publish-reply.js';
import { splitReceipt } from './stream-mark.js';
import type { StreamNotices } from './stream-notices.js';

export interface AcceptAndPublishKit {
  readonly broker: Pick<BrokerWiring, 'memory' | 'prices' | 'publisher'>;
  readonly notices: Pick<StreamNotices, 'tell'>;
  readonly clock: Clock;
  readonly inlineLimitBytes: number;
  readonly onPublished: (messages: number) => void;
  readonly onSettled: (receipts: number) => void;
}

type Request = Parsed<typeof acceptAndPublish>['body'];

/**
 * Ends a lease and publishes, in one step of the store; the answer as JSON text. Fails with `permission_missing` for a
 * caller that may not publish, with `lease_lost`, or as a publish does; then nothing was done.
 */
export async function acceptAndPublishJson(kit: AcceptAndPublishKit, caller: DataCaller, queue: QueueRef, { receipt: text, publish }: Request): Promise<string> {
  if (!caller.permissions.has('messages:publish')) throw new WaybillError('permission_missing', { permission: 'messages:publish' });
  kit.broker.memory.check();
  const { receipt, mark } = splitReceipt(text);
  const items = publish.map(({ to, message }, index) => ({ target: to, message: outgoing(kit, message, 'exchange' in to ? to.exchange : undefined, index) }));
  await kit.broker.prices.ready(caller.namespaceId);
  const taking = { kind: 'lease', queue, receipt: parseReceipt(queue.id, receipt) } as const;
  const published = await kit.broker.publisher.publishAnd(caller.namespaceId, taking, items, { publishedBy: caller.actor.id });
  kit.onPublished(published.length);
  const prices = kit.broker.prices.of(caller.namespaceId);
  kit.onSettled(1);
  if (mark !== undefined) kit.notices.tell(queue.ns, [{ mark, receipt }]);
  return `{"outcome":"accepted","messages":[${published.map((message) => receiptJson(message, prices)).join(',')}]}`;
}

/** Fails with `batch_invalid`, which names the message. */
function outgoing({ clock, inlineLimitBytes }: AcceptAndPublishKit, message: ParsedMessage, exchange: string | undefined, index: number): OutgoingMessage {
  try {
    return outgoingMessageOf(message, { exchange, bodyLimitBytes: inlineLimitBytes, nowMs: clock.nowMs() });
  } catch (error) {
    throw error instanceof WaybillError ? invalidMessage(index, error) : error;
  }
}
