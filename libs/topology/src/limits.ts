/** Definitions a namespace may hold. */
export const limits = { exchanges: 10_000, queues: 20_000, bindings: 200_000 } as const;

/** Bytes of UTF-8 in a routing key or pattern; AMQP 0-9-1 short strings end there too. */
export const patternLimitBytes = 255;

/** Steps in one version of the snapshot: one call of the apply script, a few milliseconds of Redis. */
export const stepsPerVersion = 1_000;

/** Applied changes kept per namespace, so that a Redis that fell a little behind is caught up without a rebuild. */
export const outboxKept = 1_000;
