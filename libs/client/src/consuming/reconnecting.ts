import { WaybillApiError, WaybillConnectionError } from '../errors.js';
import { pauseMs } from '../retry.js';
import type { RetrySettings } from '../retry.js';
import type { Time } from '../time.js';

/**
 * Does `connect` again and again until the signal aborts. What is retryable is followed by a pause that grows while
 * nothing works; other errors end it. `connect` says by `worked` that it got through.
 */
export async function reconnecting(time: Time, retry: RetrySettings, signal: AbortSignal, connect: (worked: () => void) => Promise<void>): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      await connect(() => (failures = 0));
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof WaybillConnectionError || (error instanceof WaybillApiError && error.retryable))) throw error;
      failures += 1;
      await time.sleep(pauseMs(retry, failures, error, time.random()), signal).catch(() => undefined);
    }
  }
}
