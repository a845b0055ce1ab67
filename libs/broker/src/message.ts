import type { Position } from './position.js';

/** What travels with a body. Absent properties take no space in the record. */
export interface MessageProperties {
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
}

/** A message handed to a consumer. */
export interface Delivery {
  readonly position: Position;
  /** 1 on the first delivery. */
  readonly deliveries: number;
  readonly properties: MessageProperties;
  readonly body: Buffer;
}
