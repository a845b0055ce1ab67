import { emptyHeaders } from '../record.js';
import type { OutgoingMessage, PublishTarget } from '../publisher.js';

/** The message of a schedule as its definition keeps it: JSON, checked by the door that took it. */
export interface ScheduledMessage {
  readonly body: string;
  readonly bodyEncoding: 'utf8' | 'base64';
  readonly contentType: string;
  readonly key?: string | undefined;
  readonly priority?: number | undefined;
  readonly delaySeconds?: number | undefined;
  readonly ttlSeconds?: number | undefined;
  readonly group?: string | undefined;
  readonly dedupId?: string | undefined;
  readonly replyTo?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly traceparent?: string | undefined;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface ScheduleDefinition {
  readonly cron: string;
  readonly timeZone: string;
  readonly to: PublishTarget;
  readonly paused: boolean;
  readonly message: ScheduledMessage;
  readonly createdMs: number;
}

/** What the last run came to. */
export interface ScheduleRun {
  readonly lastAtMs: number;
  readonly lateByMs: number;
  readonly lastMessageId: string | null;
  readonly lastProblem: string | null;
}

export interface ScheduleState {
  readonly name: string;
  readonly definition: ScheduleDefinition;
  /** Null while it is paused. */
  readonly nextMs: number | null;
  readonly lastRun: ScheduleRun | null;
}

/** The message as it is published at one run, at `nowMs`. */
export function outgoingOf(message: ScheduledMessage, to: PublishTarget, nowMs: number): OutgoingMessage {
  const { body, bodyEncoding, delaySeconds, ttlSeconds, key = '', priority = 0, headers = emptyHeaders, ...properties } = message;
  return {
    properties: {
      ...properties, key, priority, headers, exchange: 'exchange' in to ? to.exchange : undefined,
      ...(ttlSeconds === undefined ? {} : { expiresAtMs: nowMs + ttlSeconds * 1_000 }),
    },
    body: Buffer.from(body, bodyEncoding),
    ...(delaySeconds === undefined ? {} : { delayMs: delaySeconds * 1_000 }),
    ...(ttlSeconds === undefined ? {} : { ttlMs: ttlSeconds * 1_000 }),
  };
}
