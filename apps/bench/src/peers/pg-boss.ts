import { PgBoss } from 'pg-boss';
import { bodyOf, looping } from './transport.js';
import type { Cargo, Consumption, Transport } from './transport.js';

export interface PgBossSettings extends Cargo {
  readonly kind: 'pg-boss';
  readonly url: string;
  readonly queue: string;
}

/** As many connections as PostgreSQL on a small machine makes use of. */
const connections = 20;
const pollMs = 5;

/** pg-boss on a PostgreSQL that waits for the disk: `send` (or `insert`), `fetch` and `complete`. */
export async function openPgBoss(settings: PgBossSettings): Promise<Transport> {
  const { batch, consumers, queue, take } = settings;
  const boss = new PgBoss({ connectionString: settings.url, max: connections, supervise: false, schedule: false });
  await boss.start();
  await boss.createQueue(queue);
  const data = { body: bodyOf(settings) };
  const jobs = Array.from({ length: batch }, () => ({ data }));

  return {
    async publish() {
      if (batch === 1) await boss.send(queue, data);
      else await boss.insert(queue, jobs);
      return batch;
    },
    async send(body) {
      await boss.send(queue, { body });
    },
    async consume(sink): Promise<Consumption> {
      const consumer = async (going: () => boolean) => {
        while (going()) {
          const fetched = await boss.fetch<{ body: string }>(queue, { batchSize: take });
          if (fetched.length === 0) {
            await new Promise((resolve) => setTimeout(resolve, pollMs));
            continue;
          }
          sink.received?.(fetched.map((job) => job.data.body));
          await boss.complete(queue, fetched.map(({ id }) => id));
          sink.settled(fetched.length);
        }
      };
      return looping(Array.from({ length: consumers }, () => consumer), sink);
    },
    empty: () => boss.deleteAllJobs(queue),
    close: () => boss.stop({ graceful: false }),
  };
}
