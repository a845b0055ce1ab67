import type { RetryPolicy } from './topology-change.js';

/**
 * How long a message waits that is released without a delay of its own, milliseconds. `deliveries`: hand-outs so far,
 * at least 1. `random` is in [0, 1); jitter takes up to its share off the delay, so that retries do not come in waves.
 */
export function retryDelayMs(policy: RetryPolicy | undefined, deliveries: number, random: number): number {
  if (!policy) return 0;
  const step = Math.max(1, deliveries) - 1;
  const whole =
    policy.kind === 'list'
      ? (policy.delaysMs[Math.min(step, policy.delaysMs.length - 1)] ?? 0)
      : Math.min(policy.maxMs, policy.firstMs * policy.factor ** Math.min(step, 1_000));
  return Math.max(0, Math.round(whole * (1 - policy.jitter * random)));
}
