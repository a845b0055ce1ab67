import { storeErrorOf } from '@waybill/broker';
import { openApiDocument } from '@waybill/contracts';
import { openRefusedCalls, openSourceDirectory, SecretBox } from '@waybill/delivery';
import { DataTokens, KeyChangeFeed, KeyDirectory, PublishedKeyStore } from '@waybill/identity';
import { systemClock, WaybillError } from '@waybill/kernel';
import type { Logger } from '@waybill/kernel';
import { startService } from '@waybill/platform';
import type { Config, RunningService } from '@waybill/platform';
import type { FastifyInstance } from 'fastify';
import { Counter } from 'prom-client';
import { Authenticator } from './authenticate.js';
import { wireBroker } from './broker-wiring.js';
import { registerConsuming } from './consuming.js';
import { allowConsole } from './console-origin.js';
import { GatewayModule } from './gateway.module.js';
import { inboundRoutes } from './inbound.routes.js';
import { MessageLog } from './message-log.js';
import { messageLogRoutes } from './message-log.routes.js';
import { registerOperating } from './operating.js';
import { openLargeBodies, openRateLimits, registerPublishing } from './publishing.js';

/** Starts one gateway process: no state of its own, no PostgreSQL. */
export async function startGateway(config: Config, logger: Logger): Promise<RunningService> {
  const broker = await wireBroker(config, logger);
  const apiKeys = new KeyDirectory(new PublishedKeyStore(broker.redis));
  await apiKeys.follow(new KeyChangeFeed(broker.subscriber));
  const rates = openRateLimits(config, broker);
  const bodies = openLargeBodies(config, broker, logger);
  const authenticator = new Authenticator(apiKeys, new DataTokens(config.dataTokenSecret, systemClock), systemClock, rates);
  const known = (error: unknown): WaybillError => {
    const translated = error instanceof WaybillError ? error : storeErrorOf(error);
    return translated instanceof WaybillError ? translated : new WaybillError('internal_error', {}, { cause: error });
  };
  return startService({
    name: 'gateway',
    module: GatewayModule.forBroker(broker),
    config,
    logger,
    port: config.gatewayPort,
    bodyLimitBytes: config.inlineLimitBytes,
    readiness: { redis: async () => void (await broker.redis.ping()) },
    translateError: (error) => {
      const translated = storeErrorOf(error);
      return translated instanceof WaybillError ? translated : undefined;
    },
    configure: async (app, { metrics }) => {
      const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
      const count = (name: string, help: string) => {
        const counter = new Counter({ name, help, registers: [metrics] });
        return (amount: number) => counter.inc(amount);
      };
      allowConsole(fastify, config.publicUrl);
      const onPublished = count('waybill_messages_published_total', 'Messages stored durably.');
      await registerPublishing(fastify, { broker, authenticator, bodies, rates, logger, onPublished, inlineLimitBytes: config.inlineLimitBytes });
      await registerConsuming(fastify, {
        broker, authenticator, logger, known, onPublished, inlineLimitBytes: config.inlineLimitBytes, publicUrl: config.gatewayPublicUrl,
        onDelivered: count('waybill_messages_delivered_total', 'Messages leased to consumers, redeliveries included.'),
        onSettled: count('waybill_receipts_settled_total', 'Receipts settled or extended.'),
        loadBody: (ns, delivery) => bodies.loadBody(ns, delivery),
        loadBodies: (queue, deliveries, settled) => bodies.loadBodies(queue, deliveries, settled),
      });
      await registerOperating(fastify, { broker, authenticator, onPublished, inlineLimitBytes: config.inlineLimitBytes, loadBody: (ns, entry) => bodies.loadBody(ns, entry) });
      const sources = openSourceDirectory({ redis: broker.redis, box: new SecretBox(config.secretsKeys) });
      const refused = openRefusedCalls({ redis: broker.redis, logger });
      fastify.addHook('preClose', () => refused.close());
      await fastify.register(inboundRoutes({ broker, sources, refused, rates, clock: systemClock, onPublished, bodyLimitBytes: config.inlineLimitBytes }));
      await fastify.register(messageLogRoutes({ broker, authenticator, log: new MessageLog(config, broker.redis, logger) }));
      const document = openApiDocument('data', config.gatewayPublicUrl);
      fastify.get('/v1/openapi.json', () => document);
    },
  });
}
