import type { Caller, Clock } from '@waybill/kernel';
import { newId } from '@waybill/kernel';
import type { Answer, Outcome } from '../destination.js';
import type { SubscriptionRef } from './definitions.js';
import { completeDelivery } from './delivery-input.js';
import type { DestinationKinds } from './destination-settings.js';
import type { SubscriptionSecrets } from './subscription-secrets.js';

export const testEventKey = 'waybill.test';

export interface TestResult {
  readonly message: string;
  readonly outcome: Outcome;
  readonly status: number | null;
  readonly reason: string | null;
  readonly durationMs: number;
  readonly answer: string;
  readonly requestId: string | null;
}

/** Sends a test event to a destination now: the way to see whether it works before messages depend on it. */
export class TestCalls {
  constructor(
    private readonly secrets: SubscriptionSecrets,
    private readonly kinds: DestinationKinds,
    private readonly clock: Clock,
  ) {}

  /**
   * One call with an event of our own, whatever the state of the subscription; not recorded and not metered. Fails with
   * `subscription_not_found`, `destination_kind_unknown`, `destination_unavailable`.
   */
  async send(caller: Caller, namespaceId: string, ref: SubscriptionRef): Promise<TestResult> {
    const { subscription, secrets, owner } = await this.secrets.opened(caller, namespaceId, ref);
    const sender = this.kinds.usable(subscription.kind).open(subscription.settings, secrets, owner);
    const startedMs = this.clock.nowMs();
    const id = `test_${newId('request').slice(4)}`;
    const { timeoutMs } = completeDelivery(subscription.delivery);
    try {
      const answer = await sender.send({
        attempt: 1, nowMs: startedMs, timeoutMs, signal: AbortSignal.timeout(timeoutMs),
        messages: [{
          id, key: testEventKey, contentType: 'application/json', headers: {}, exchange: undefined, group: undefined, correlationId: undefined, traceparent: undefined,
          publishedAtMs: startedMs, body: testEvent(subscription.name),
        }],
      });
      return { message: id, durationMs: this.clock.nowMs() - startedMs, ...shown(answer) };
    } finally {
      await sender.close();
    }
  }
}

function testEvent(subscription: string): Buffer {
  return Buffer.from(JSON.stringify({ subscription, text: 'A test event: nothing happened.' }));
}

/** Bytes that are no UTF-8 become replacement characters; NUL, which no JSON reader likes, too. */
export function answerText(head: Uint8Array): string {
  return Buffer.from(head.buffer, head.byteOffset, head.length).toString('utf8').replaceAll('\0', '�');
}

function shown({ outcome, status, reason, head, requestId }: Answer): Omit<TestResult, 'message' | 'durationMs'> {
  return { outcome, status, reason, requestId, answer: answerText(head) };
}
