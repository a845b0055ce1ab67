import { Queue, Worker } from 'bullmq';
import { bodyOf } from './transport.js';
import type { Cargo, Consumption, Transport } from './transport.js';

export interface BullSettings extends Cargo {
  readonly kind: 'bullmq';
  readonly url: string;
  readonly queue: string;
}

const forgetWhenDone = { removeOnComplete: true, removeOnFail: true };

/** BullMQ on a Redis with `appendfsync always`: `add` (or `addBulk`) and a worker, whose jobs count as settled when completed. */
export async function openBull(settings: BullSettings): Promise<Transport> {
  const { hostname, port } = new URL(settings.url);
  const connection = { host: hostname, port: Number(port), maxRetriesPerRequest: null };
  const queue = new Queue<{ body: string }>(settings.queue, { connection, defaultJobOptions: forgetWhenDone });
  await queue.waitUntilReady();
  const data = { body: bodyOf(settings) };
  const jobs = Array.from({ length: settings.batch }, () => ({ name: 'message', data }));

  return {
    async publish() {
      if (settings.batch === 1) await queue.add('message', data);
      else await queue.addBulk(jobs);
      return settings.batch;
    },
    async send(body) {
      await queue.add('message', { body });
    },
    async consume(sink): Promise<Consumption> {
      const worker = new Worker<{ body: string }>(
        settings.queue,
        async (job) => sink.received?.([job.data.body]),
        { connection, concurrency: settings.consumers * settings.take },
      );
      worker.on('completed', () => sink.settled(1));
      worker.on('failed', (_job, error) => sink.failed(error));
      worker.on('error', (error) => sink.failed(error));
      await worker.waitUntilReady();
      return { stop: () => worker.close() };
    },
    empty: () => queue.obliterate({ force: true }),
    close: () => queue.close(),
  };
}
