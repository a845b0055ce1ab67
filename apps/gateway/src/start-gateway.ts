import { storeErrorOf } from '@waybill/broker';
import { openApiDocument } from '@waybill/contracts';
import { DataTokens, KeyChangeFeed, KeyDirectory, PublishedKeyStore } from '@waybill/identity';
import { systemClock, WaybillError } from '@waybill/kernel';
import type { Logger } from '@waybill/kernel';
import { startService } from '@waybill/platform';
import type { Config, RunningService } from '@waybill/platform';
import type { FastifyInstance } from 'fastify';
import { Counter } from 'prom-client';
import { Authenticator } from './authenticate.js';
import { wireBroker } from './broker-wiring.js';
import { consumeRoutes } from './consume.routes.js';
import { allowConsole } from './console-origin.js';
import { figureRoutes } from './figures.routes.js';
import { GatewayModule } from './gateway.module.js';
import { publishRoutes } from './publish.routes.js';

/** Starts one gateway process: no state of its own, no PostgreSQL. */
export async function startGateway(config: Config, logger: Logger): Promise<RunningService> {
  const broker = await wireBroker(config, logger);
  const apiKeys = new KeyDirectory(new PublishedKeyStore(broker.redis));
  await apiKeys.follow(new KeyChangeFeed(broker.subscriber));
  const authenticator = new Authenticator(apiKeys, new DataTokens(config.dataTokenSecret, systemClock), systemClock);
  return startService({
    name: 'gateway',
    module: GatewayModule.forBroker(broker),
    config,
    logger,
    port: config.gatewayPort,
    bodyLimitBytes: config.inlineLimitBytes,
    readiness: { redis: async () => void (await broker.redis.ping()) },
    translateError: (error) => {
      const known = storeErrorOf(error);
      return known instanceof WaybillError ? known : undefined;
    },
    configure: async (app, { metrics }) => {
      const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
      const count = (name: string, help: string) => {
        const counter = new Counter({ name, help, registers: [metrics] });
        return (amount: number) => counter.inc(amount);
      };
      allowConsole(fastify, config.publicUrl);
      // Long polls end first; closing would wait for them otherwise.
      fastify.addHook('preClose', (done) => {
        broker.consumer.release();
        done();
      });
      await fastify.register(
        publishRoutes({
          broker, authenticator, inlineLimitBytes: config.inlineLimitBytes,
          onPublished: count('waybill_messages_published_total', 'Messages stored durably.'),
        }),
      );
      await fastify.register(
        consumeRoutes({
          broker, authenticator,
          onDelivered: count('waybill_messages_delivered_total', 'Messages leased to consumers, redeliveries included.'),
          onSettled: count('waybill_receipts_settled_total', 'Receipts settled or extended.'),
        }),
      );
      await fastify.register(figureRoutes({ broker, authenticator }));
      const document = openApiDocument('data', config.gatewayPublicUrl);
      fastify.get('/v1/openapi.json', () => document);
    },
  });
}
