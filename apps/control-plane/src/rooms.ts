import type { Billing, ScheduledExports } from '@waybill/billing';
import { DrillDown, DrillDownStore, EvidenceStore, openExports, openFacts, Reconciliation } from '@waybill/billing';
import { ObjectTargets } from '@waybill/body-store';
import { checkRedis, keys, openRedis, whenReady } from '@waybill/broker';
import { Database } from '@waybill/database';
import { CountedCalls, destinationKinds, GuardedUpload, openEgress, openMailer, openMailParts, openSources, openSubscriptions, RecipientAnswers, SecretBox } from '@waybill/delivery';
import type { OpenSources, OpenSubscriptions } from '@waybill/delivery';
import { DataTokens, openIdentity, openKeyDirectory, OperatorStore, PortalLinks, PortalLinkStore } from '@waybill/identity';
import type { Identity, KeyDirectory } from '@waybill/identity';
import { systemClock } from '@waybill/kernel';
import type { Logger } from '@waybill/kernel';
import { openMessageLog } from '@waybill/message-log';
import { LedgerStore, UsageCounterStore, UsageReader } from '@waybill/metering';
import type { Config } from '@waybill/platform';
import { openTopology } from '@waybill/topology';
import type { Topology } from '@waybill/topology';
import { openBillingRoom, operatorsOf } from './billing/open-billing-room.js';
import { Payments } from './payments/payments.controller.js';
import { stripeOf } from './payments/stripe-room.js';
import { Relays } from './relays.js';

/** What the control plane works with: one object per room, built once, on two stores. */
export interface Rooms {
  readonly identity: Identity;
  readonly keyDirectory: KeyDirectory;
  readonly dataTokens: DataTokens;
  readonly portalLinks: PortalLinks;
  readonly topology: Topology;
  readonly delivery: OpenSubscriptions;
  readonly recipients: RecipientAnswers;
  readonly sources: OpenSources;
  readonly usage: UsageReader;
  readonly billing: Billing;
  readonly exports: ScheduledExports;
  /** What proves the usage. */
  readonly evidence: { readonly store: EvidenceStore; readonly drillDown: DrillDown; readonly reconciliation: Reconciliation };
  readonly payments: Payments;
  readonly relays: Relays;
  /** Fail when the store cannot be reached. */
  readonly checks: { readonly postgres: () => Promise<void>; readonly redis: () => Promise<void> };
  close(): Promise<void>;
}

/**
 * Connects; fails when Redis does not answer within 15 seconds, or in production when a store keeps its data less well
 * than promised. PostgreSQL may come later: readiness tells.
 */
export async function openRooms(config: Config, logger: Logger): Promise<Rooms> {
  const database = new Database({ url: config.databaseUrl.reveal() });
  const redis = openRedis(config.redisUrl.reveal(), 'commands');
  const subscriber = openRedis(config.redisUrl.reveal(), 'subscriber');
  const mail = openMailParts(config, redis, logger);
  const mailer = openMailer(mail.installation?.server, config.mailFrom, logger);
  const disconnect = async (): Promise<void> => {
    mailer.close();
    redis.disconnect();
    subscriber.disconnect();
    await database.close();
  };
  try {
    await Promise.all([whenReady(redis), whenReady(subscriber)]);
    const strict = config.nodeEnv === 'production';
    await checkRedis(redis, logger, strict);
    await database.check(logger, strict);
    const identity = openIdentity({ database, redis, logger });
    await identity.prepare();
    const box = new SecretBox(config.secretsKeys);
    const egress = openEgress({ allow: config.egressAllow, ports: config.egressPorts });
    const kinds = destinationKinds({ egress, mail });
    const delivery = openSubscriptions({ database, redis, kinds, box, logger });
    const sources = openSources({ database, redis, box, logger, gatewayUrl: config.gatewayPublicUrl });
    const stripe = stripeOf(config, { database, clock: systemClock, logger });
    const billing = openBillingRoom({ database, redis, mailer, clock: systemClock, stripe }, config, logger);
    const exports = openExports({ database, billing, targets: new ObjectTargets({ egress: new GuardedUpload(egress), folder: config.exportFolder }), box, logger }).schedules;
    const topology = openTopology({ database, redis, logger, newQueues: (caller) => billing.dunning.newQueueRefusal(caller) });
    const operators = operatorsOf(config, new OperatorStore(database), logger);
    const relays = new Relays(
      {
        topology: () => topology.publisher.relay(), api_keys: () => identity.keyPublisher.relay(), sources: () => sources.publisher.relay(),
        price_books: () => billing.prepare(), operators,
      },
      logger,
    );
    const proofs = new EvidenceStore(database);
    const facts = openFacts({ database, log: openMessageLog({ database, redis, logger }), calls: new CountedCalls(database, redis) });
    return {
      evidence: { store: proofs, drillDown: new DrillDown(new DrillDownStore(database), proofs, facts), reconciliation: new Reconciliation(proofs, facts) },
      identity, topology, relays, delivery, sources, billing, exports,
      recipients: new RecipientAnswers(database, mail.links, delivery.nudges, systemClock),
      keyDirectory: await openKeyDirectory({ redis, subscriber }),
      dataTokens: new DataTokens(config.dataTokenSecret, systemClock),
      portalLinks: new PortalLinks(config.dataTokenSecret, new PortalLinkStore(database), systemClock),
      payments: new Payments(stripe),
      usage: new UsageReader(new LedgerStore(database), new UsageCounterStore(redis, keys), logger),
      checks: { postgres: () => database.ping(), redis: async () => void (await redis.ping()) },
      close: async () => {
        await relays.stop();
        await disconnect();
      },
    };
  } catch (error) {
    await disconnect();
    throw error;
  }
}
