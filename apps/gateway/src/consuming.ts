import { asyncApiDocument, getAsyncApiDocument } from '@waybill/contracts';
import { systemClock } from '@waybill/kernel';
import type { Logger, WaybillError } from '@waybill/kernel';
import { routePath } from '@waybill/platform';
import type { FastifyInstance } from 'fastify';
import type { Authenticator } from './authenticate.js';
import type { BrokerWiring } from './broker-wiring.js';
import { consumeRoutes } from './consume.routes.js';
import type { ConsumeDoor } from './consume.routes.js';
import { Settling } from './settling.js';
import { StreamUpgrades } from './stream-upgrade.js';
import { streamRoutes } from './stream.routes.js';
import type { StreamKit } from './stream-session.js';

export interface ConsumingOptions extends Pick<ConsumeDoor, 'inlineLimitBytes' | 'loadBodies' | 'onPublished' | 'onDelivered' | 'onSettled'>, Pick<StreamKit, 'loadBody'> {
  readonly broker: BrokerWiring;
  readonly authenticator: Authenticator;
  readonly logger: Logger;
  /** Where clients reach the gateway. */
  readonly publicUrl: string;
  /** Turns an error that is not ours into one that is. */
  readonly known: (error: unknown) => WaybillError;
}

/** Everything that hands messages out and takes them back: receive, settle, streams, their document, and how they end when the process does. */
export async function registerConsuming(fastify: FastifyInstance, options: ConsumingOptions): Promise<void> {
  const { broker, authenticator, logger, known, onDelivered, onSettled } = options;
  const { notices, streams } = broker;
  const settling = new Settling(broker, notices, onSettled);
  const upgrades = new StreamUpgrades();
  upgrades.attach(fastify);
  // Long polls and streams end first; closing would wait for them otherwise.
  fastify.addHook('preClose', (done) => {
    const drained = streams.drain();
    broker.consumer.release();
    void drained.then(() => done());
  });
  await fastify.register(consumeRoutes({ ...options, settling, notices, clock: systemClock }));
  const kit: StreamKit = { broker, notices, logger, onDelivered, clock: systemClock, loadBody: options.loadBody };
  await fastify.register(streamRoutes({ authenticator, settling, streams, upgrades, kit, known }));
  const document = asyncApiDocument(options.publicUrl);
  fastify.get(routePath(getAsyncApiDocument.path), { config: { operation: getAsyncApiDocument.id } }, () => document);
}
