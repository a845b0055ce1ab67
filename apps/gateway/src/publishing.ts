import { openBodyStore } from '@waybill/body-store';
import { IdempotencyStore, RateLimitStore } from '@waybill/broker';
import { systemClock } from '@waybill/kernel';
import type { Logger } from '@waybill/kernel';
import type { Config } from '@waybill/platform';
import type { FastifyInstance } from 'fastify';
import type { Authenticator } from './authenticate.js';
import type { BrokerWiring } from './broker-wiring.js';
import { IdempotentCalls } from './idempotent-calls.js';
import { LargeBodies } from './large-bodies.js';
import { publishRoutes } from './publish.routes.js';
import { RateLimits } from './rate-limits.js';
import { exemptSlowBodies } from './slow-bodies.js';

/** Undefined when no limit is set. */
export function openRateLimits(config: Config, broker: BrokerWiring): RateLimits | undefined {
  const { rateLimitKeyPerSecond: key, rateLimitNamespacePerSecond: namespace } = config;
  return key === 0 && namespace === 0 ? undefined : new RateLimits(new RateLimitStore(broker.redis), { key, namespace }, systemClock);
}

/** Throws a plain Error when the address of the body store is not one. */
export function openLargeBodies(config: Config, broker: BrokerWiring, logger: Logger): LargeBodies {
  const { bodyStoreUrl, inlineLimitBytes, largeLimitBytes } = config;
  const store = bodyStoreUrl && openBodyStore(bodyStoreUrl.reveal());
  return new LargeBodies(store, broker.queues, { inlineBytes: inlineLimitBytes, largeBytes: Math.max(inlineLimitBytes, largeLimitBytes) }, logger);
}

export interface PublishingOptions {
  readonly broker: BrokerWiring;
  readonly authenticator: Authenticator;
  readonly bodies: LargeBodies;
  readonly rates: RateLimits | undefined;
  readonly logger: Logger;
  readonly inlineLimitBytes: number;
  readonly onPublished: (messages: number) => void;
}

/** Everything that takes messages in, and how it ends when the process does. */
export async function registerPublishing(fastify: FastifyInstance, options: PublishingOptions): Promise<void> {
  const { broker, logger, rates } = options;
  const closing = new AbortController();
  fastify.addHook('preClose', (done) => {
    closing.abort();
    broker.replies.drain();
    done();
  });
  exemptSlowBodies(fastify);
  rates?.tell(fastify);
  const idempotent = new IdempotentCalls(new IdempotencyStore(broker.redis), systemClock, logger);
  await fastify.register(publishRoutes({ ...options, clock: systemClock, idempotent, replies: broker.replies, closing: closing.signal }));
}
