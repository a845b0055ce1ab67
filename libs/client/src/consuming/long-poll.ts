import type { ReceivedMessage } from '@waybill/contracts';
import type { RetrySettings } from '../retry.js';
import type { SendSettlements } from '../settlements.js';
import type { Time } from '../time.js';
import type { Intake, MessageSource, SourceSettings } from './message-source.js';
import { reconnecting } from './reconnecting.js';

/** Messages in one receive (contracts: receiveLimit). */
const mostPerReceive = 100;
/** Before the next poll when an empty answer came at once, as from a paused queue. */
const pauseAfterEmptyMs = 1_000;

export interface ReceiveBody {
  readonly max?: number | undefined;
  readonly waitSeconds?: number | undefined;
  readonly leaseSeconds?: number | undefined;
  readonly autoAccept?: boolean | undefined;
  readonly consumer?: string | undefined;
  readonly deferred?: readonly string[] | undefined;
  readonly accept?: readonly string[] | undefined;
}
export type Receive = (body: ReceiveBody, signal: AbortSignal | undefined) => Promise<{ readonly messages: readonly ReceivedMessage[] }>;

/** One receive call after the other, each waiting up to `waitSeconds` for messages. */
export class LongPoll implements MessageSource {
  readonly stopsAtOnce = true;

  constructor(
    private readonly receive: Receive,
    readonly settle: SendSettlements,
    private readonly settings: SourceSettings & { readonly waitSeconds: number },
    private readonly retry: RetrySettings,
    private readonly time: Time,
  ) {}

  run(intake: Intake, signal: AbortSignal): Promise<void> {
    const { waitSeconds, leaseSeconds, consumer } = this.settings;
    return reconnecting(this.time, this.retry, signal, async (worked) => {
      await intake.whenRoom(signal);
      const askedAt = this.time.now();
      const { messages } = await this.receive({ max: Math.min(mostPerReceive, intake.room()), waitSeconds, leaseSeconds, consumer }, signal);
      worked();
      intake.put(messages);
      const soon = this.time.now() - askedAt < Math.min(pauseAfterEmptyMs, waitSeconds * 500);
      if (messages.length === 0 && (soon || waitSeconds === 0)) await this.time.sleep(pauseAfterEmptyMs, signal);
    });
  }

  close(): void {
    // Every call stands for itself: nothing is open.
  }
}
