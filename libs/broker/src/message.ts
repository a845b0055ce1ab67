import type { Position } from './position.js';
import type { Receipt } from './receipt.js';

/** What travels with a body. Absent properties take no space in the record. */
export interface MessageProperties {
  /** Its own id, when it is not the one of its position: a message that was moved keeps the id of its first publish. */
  readonly id?: string | undefined;
  readonly key: string;
  readonly contentType: string;
  /** Name of the exchange published to; absent when published straight to a queue. */
  readonly exchange?: string | undefined;
  /** 0 to 9. */
  readonly priority: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly group?: string | undefined;
  readonly dedupId?: string | undefined;
  readonly replyTo?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly traceparent?: string | undefined;
  /** When the message expires, milliseconds since the Unix epoch. */
  readonly expiresAtMs?: number | undefined;
  /** Where a body lies that is too large for the store (docs/adr: large messages). */
  readonly storedBody?: { readonly id: string; readonly bytes: number } | undefined;
  /** What a dead letter keeps when it is moved on: why, when, from where. */
  readonly death?: Death | undefined;
}

/** Why and where a message died. `deliveries` counts hand-outs in the queue it died in. */
export interface Death {
  readonly reason: string;
  readonly queue: string;
  readonly atMs: number;
  readonly deliveries: number;
}

/** A message handed to a consumer. */
export interface Delivery {
  /** The id of its first publish, kept when it is moved. */
  readonly id: string;
  readonly position: Position;
  /** 1 on the first delivery. */
  readonly deliveries: number;
  /** Names the lease. */
  readonly receipt: Receipt;
  readonly properties: MessageProperties;
  readonly body: Buffer;
}
