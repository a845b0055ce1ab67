import { defaultDelivery } from '../subscription.js';
import type { DeliverySettings } from '../subscription.js';

type Given<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** Delivery settings as people write and read them: durations in seconds. */
export interface DeliveryView {
  readonly timeoutSeconds: number;
  readonly scheduleSeconds: number[];
  readonly jitter: number;
  readonly concurrency: number;
  readonly ratePerSecond: number | null;
  readonly batchMessages: number;
  readonly batchWaitMs: number;
  readonly circuitFailures: number;
  readonly circuitOpenSeconds: number;
  readonly disableAfterSeconds: number;
}

/** What is left out gets its default (`defaultDelivery`). */
export type DeliveryInput = Given<DeliveryView>;

const ms = (seconds: number): number => Math.round(seconds * 1_000);

export function completeDelivery(input: DeliveryInput): DeliverySettings {
  const { timeoutSeconds, scheduleSeconds, jitter, concurrency, ratePerSecond, batchMessages, batchWaitMs, circuitFailures, circuitOpenSeconds, disableAfterSeconds } =
    { ...deliveryView(defaultDelivery), ...withoutUndefined(input) };
  return {
    timeoutMs: ms(timeoutSeconds), scheduleMs: scheduleSeconds.map(ms), jitter, concurrency, ratePerSecond, batchMessages, batchWaitMs,
    circuitFailures, circuitOpenMs: ms(circuitOpenSeconds), disableAfterMs: ms(disableAfterSeconds),
  };
}

export function deliveryView({ timeoutMs, scheduleMs, circuitOpenMs, disableAfterMs, ...rest }: DeliverySettings): DeliveryView {
  return {
    ...rest, timeoutSeconds: timeoutMs / 1_000, scheduleSeconds: scheduleMs.map((delayMs) => delayMs / 1_000),
    circuitOpenSeconds: circuitOpenMs / 1_000, disableAfterSeconds: disableAfterMs / 1_000,
  };
}

/** Settings of a row; a setting that a later version added gets its default. */
export function deliveryOfRow(stored: unknown): DeliverySettings {
  return { ...defaultDelivery, ...(stored as Partial<DeliverySettings>) };
}

function withoutUndefined(input: DeliveryInput): Partial<DeliveryView> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
}
