import { WaybillError } from '@waybill/kernel';
import type { MessageProperties } from '../message.js';
import type { PublishedMessage } from '../published-message.js';
import type { OutgoingMessage, PublishTarget, TakingOptions } from '../publisher.js';
import type { Taking } from '../redis/message.store.js';
import type { Entry, OperatedQueue } from './operated-queue.js';

export interface TakingPublisher {
  publishAnd(
    ns: OperatedQueue['ns'], taking: Taking, items: readonly { readonly target: PublishTarget; readonly message: OutgoingMessage }[], options?: TakingOptions,
  ): Promise<PublishedMessage[]>;
}

/** `full`: no room in the target now. `unwanted`: no queue takes it there. `gone`: it was not in its place any more. In all three it stays where it is. */
export type Moved = 'moved' | 'full' | 'unwanted' | 'gone';

/** Header that counts how often a message went from dead letters through an exchange. */
export const deathsHeader = 'waybill-deaths';

/** Moves messages between queues, each in one atomic step: taken away here and stored there, or neither. */
export class MessageMover {
  constructor(private readonly publisher: TakingPublisher) {}

  /**
   * Publishes the message to the target, keeping its id, and takes the entry from its queue. Fails with
   * `queue_not_found` or `exchange_not_found` when the target is gone, and with the codes of a store that takes nothing now.
   */
  async move(queue: OperatedQueue, entry: Entry, target: PublishTarget, properties: MessageProperties, nowMs: number, options: Pick<TakingOptions, 'cause' | 'publishedBy'>): Promise<Moved> {
    const taking: Taking = { kind: entry.state === 'dead' ? 'dead' : 'ready', queue, position: entry.position };
    const message = stillAlive({ ...properties, id: entry.id }, entry.body, nowMs);
    try {
      // A message that no queue takes would be taken away for nothing.
      await this.publisher.publishAnd(queue.ns, taking, [{ target, message }], { ...options, mustReachQueue: true });
      return 'moved';
    } catch (error) {
      const stays = error instanceof WaybillError ? reasonToStay(error) : undefined;
      if (stays) return stays;
      throw error;
    }
  }
}

function reasonToStay({ code, params }: WaybillError): Moved | undefined {
  if (code === 'message_not_found') return 'gone';
  // Without the name of a full queue: those that it reached had stored it before.
  if (code === 'queue_full') return params['queue'] === '' ? 'unwanted' : 'full';
  return code === 'request_unroutable' || code === 'routing_too_costly' ? 'unwanted' : undefined;
}

/** An expiry that has passed would kill the message again on the way; one that is to come holds on. */
function stillAlive(properties: MessageProperties, body: Buffer, nowMs: number): OutgoingMessage {
  const { expiresAtMs, ...others } = properties;
  if (expiresAtMs === undefined || expiresAtMs <= nowMs) return { properties: others, body };
  return { properties, body, ttlMs: expiresAtMs - nowMs };
}

/** A dead letter as it was before it died. */
export function revived({ death: _death, ...properties }: MessageProperties): MessageProperties {
  const { [deathsHeader]: _deaths, ...headers } = properties.headers;
  return { ...properties, headers };
}

/** A message on its way to another place; a dead letter still says why it died. */
export function redirected(properties: MessageProperties, target: PublishTarget): MessageProperties {
  return 'exchange' in target ? { ...properties, exchange: target.exchange } : properties;
}
