import { startLocalServices } from '../../../scripts/local/stack.mjs';
import { Client } from './client.js';
import { Installation } from './installation.js';
import type { BenchPlan } from './installation.js';
import type { Cargo } from './peers/transport.js';
import type { Report } from './report.js';
import { alternate, ratio, rowOf } from './rounds.js';
import type { Side } from './rounds.js';
import type { Scope } from './scope.js';

const cargo: Cargo = { bodyBytes: 1024, batch: 100, lanes: 8, consumers: 0, take: 100 };

/** A side that publishes and is emptied after each measurement. */
export const publisherSide = (name: string, client: Client): Side => ({
  name,
  measure: (seconds) => client.carryOut({ do: 'publish', seconds }),
  clear: async () => void (await client.carryOut({ do: 'empty' })),
});

/** A client of raw Redis on a server of its own, durable as Waybill's. */
export async function rawRedis(scope: Scope, cargo: Cargo, copies = 1): Promise<Client> {
  const services = await startLocalServices({ maxMemory: '8gb' });
  scope.defer(() => services.stop());
  const client = await Client.start({ kind: 'raw-redis', url: services.redisUrl, copies, ...cargo });
  scope.defer(() => client.close());
  return client;
}

/** [batch_vs_redis]: batches of 100 messages of 1 KiB over HTTP against one Redis script per 100 messages, 8 calls at a time. */
export async function batchBench(scope: Scope, plan: BenchPlan): Promise<Report> {
  const installation = await Installation.start(scope, plan);
  const home = await installation.home(['parked']);
  const waybill = publisherSide('publish, batches of 100', await installation.client(home, cargo, 'parked'));
  const raw = publisherSide('raw Redis, one script per 100', await rawRedis(scope, cargo));
  const [batches = [], scripts = []] = await alternate([waybill, raw], plan);
  return { rows: [rowOf(scope.group, raw.name, scripts), rowOf(scope.group, waybill.name, batches)], ratios: { batch_vs_redis: ratio(batches, scripts) } };
}
