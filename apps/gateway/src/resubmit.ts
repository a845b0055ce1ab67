import { deathsHeader } from '@waybill/broker';
import type { MessageBrowser, OutgoingMessage, PublishedMessage, PublishTarget, QueueEntry, QueueRef } from '@waybill/broker';
import type { Parsed, resubmitMessage } from '@waybill/contracts';
import type { Clock } from '@waybill/kernel';
import type { DataCaller } from './authenticate.js';
import type { BrokerWiring } from './broker-wiring.js';
import { outgoingMessageOf } from './message-input.js';
import type { ParsedMessage } from './message-input.js';

export interface ResubmitKit {
  readonly broker: Pick<BrokerWiring, 'memory' | 'prices' | 'publisher'>;
  readonly browser: MessageBrowser<QueueEntry>;
  readonly clock: Clock;
  readonly inlineLimitBytes: number;
  readonly onPublished: (messages: number) => void;
}

type Request = Parsed<typeof resubmitMessage>['body'];

/** Says which dead letter a message was made from. */
const fromHeader = 'waybill-resubmitted-from';

/**
 * Publishes a dead letter again, edited, and removes it, in one step of the store. Fails with `message_not_found` when
 * it is no dead letter (any more), `request_unroutable` when no queue would take it, or as a publish does.
 */
export async function resubmit(kit: ResubmitKit, caller: DataCaller, queue: QueueRef, id: string, { to = { queue: queue.name }, message }: Request): Promise<PublishedMessage> {
  kit.broker.memory.check();
  await kit.broker.prices.ready(caller.namespaceId);
  const letter = await kit.browser.findIn(queue, 'dead', id);
  const outgoing = edited(letter, message, to, { nowMs: kit.clock.nowMs(), bodyLimitBytes: kit.inlineLimitBytes });
  const taking = { kind: 'dead', queue, position: letter.position } as const;
  const [published] = await kit.broker.publisher.publishAnd(caller.namespaceId, taking, [{ target: to, message: outgoing }], { publishedBy: caller.actor.id, mustReachQueue: true });
  kit.onPublished(1);
  return published as PublishedMessage;
}

/** Its dedup id and its expiry belonged to the message that died. */
function edited({ id, properties, body }: QueueEntry, given: Request['message'], to: PublishTarget, limits: { nowMs: number; bodyLimitBytes: number }): OutgoingMessage {
  const { contentType, key, priority, group, replyTo, correlationId, traceparent, headers } = properties;
  const keepsBody = given.body === undefined;
  const whole: ParsedMessage = {
    ...defined({ contentType, key, priority, group, replyTo, correlationId, traceparent, headers: withoutOwn(headers) }),
    ...defined(given),
    body: given.body ?? '', bodyEncoding: given.bodyEncoding ?? 'utf8', contentType: given.contentType ?? contentType,
  };
  const outgoing = outgoingMessageOf(whole, { exchange: 'exchange' in to ? to.exchange : undefined, ...limits });
  return {
    ...outgoing,
    body: keepsBody ? body : outgoing.body,
    properties: { ...outgoing.properties, headers: { ...outgoing.properties.headers, [fromHeader]: id }, ...(keepsBody && properties.storedBody ? { storedBody: properties.storedBody } : {}) },
  };
}

function withoutOwn(headers: Readonly<Record<string, string>>): Record<string, string> {
  const { [deathsHeader]: _deaths, [fromHeader]: _from, ...own } = headers;
  return own;
}

function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}
