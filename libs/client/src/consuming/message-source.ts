import type { ReceivedMessage } from '@waybill/contracts';
import type { SendSettlements } from '../settlements.js';

/** Where a source puts what it brings. */
export interface Intake {
  /** How many messages more may be leased now. */
  room(): number;
  /** Resolves when there is room; rejects with the signal's reason. */
  whenRoom(signal: AbortSignal): Promise<void>;
  put(messages: readonly ReceivedMessage[]): void;
}

/** A way in which leased messages come: long poll, server-sent events, or a WebSocket. */
export interface MessageSource {
  /**
   * Brings messages until the signal aborts, through broken connections; rejects when going on is pointless
   * (the queue is gone, the key is revoked).
   */
  run(intake: Intake, stopping: AbortSignal): Promise<void>;
  /**
   * Whether nothing more comes after the signal. Otherwise what is given back would come again at once: it is kept
   * until `close`, with which the server gives back everything that is not settled.
   */
  readonly stopsAtOnce: boolean;
  readonly settle: SendSettlements;
  /** After the last settlement; `run` ends then at the latest. */
  close(): void;
}

/** What every source asks for. */
export interface SourceSettings {
  /** Leased and not settled at a time. */
  readonly prefetch: number;
  readonly leaseSeconds: number | undefined;
  /** The same in every call of this consumer; a single-active-consumer queue tells consumers apart by it. */
  readonly consumer: string;
}
