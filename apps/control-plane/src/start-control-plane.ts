import cookie from '@fastify/cookie';
import { databaseErrorOf } from '@waybill/database';
import type { Logger } from '@waybill/kernel';
import { portalHeaders, secureHeaders, startService } from '@waybill/platform';
import type { Config, RunningService } from '@waybill/platform';
import type { FastifyInstance } from 'fastify';
import { serveConsole } from './console/console-files.js';
import { ControlPlaneModule } from './control-plane.module.js';
import { serveStripeWebhook } from './payments/stripe-webhook.js';
import { serveOneClick } from './recipients/one-click.js';
import { openRooms } from './rooms.js';

/** Starts the control plane: rooms, relays, HTTP. */
export async function startControlPlane(config: Config, logger: Logger): Promise<RunningService> {
  const rooms = await openRooms(config, logger);
  // The first round comes before the first request: what was committed before the last stop is in force again.
  await rooms.relays.start();
  return startService({
    name: 'control-plane',
    module: ControlPlaneModule.of(rooms, config),
    config,
    logger,
    port: config.controlPlanePort,
    readiness: rooms.checks,
    translateError: databaseErrorOf,
    configure: async (app) => {
      const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
      await secureHeaders(app, config);
      await fastify.register(cookie);
      fastify.addHook('onSend', (request, reply, _payload, done) => {
        if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
        done();
      });
      await serveStripeWebhook(fastify, rooms.payments);
      await serveOneClick(fastify, rooms.recipients);
      await serveConsole(fastify, config.consoleDir, logger, portalHeaders(config));
    },
  });
}
