import { systemClock } from '@waybill/kernel';
import type { Clock, Logger, Timers } from '@waybill/kernel';
import { startService } from '@waybill/platform';
import type { Config, RunningService } from '@waybill/platform';
import { closeStores, openStores } from './stores.js';
import { WorkerMetrics } from './worker-metrics.js';
import { WorkerModule } from './worker.module.js';

/** Starts one worker process. It answers no client: HTTP is for health and metrics only. */
export async function startWorker(config: Config, logger: Logger, clock: Clock & Timers = systemClock): Promise<RunningService> {
  const stores = await openStores(config, logger);
  try {
    return await startService({
      name: 'worker',
      module: WorkerModule.on(stores, config, logger, clock),
      config,
      logger,
      port: config.workerPort,
      readiness: {
        postgres: () => stores.database.ping(),
        redis: async () => void (await stores.redis.ping()),
        jobs: async () => void (await stores.jobsRedis.ping()),
      },
      configure: (app, { metrics }) => app.get(WorkerMetrics).register(metrics),
    });
  } catch (error) {
    await closeStores(stores);
    throw error;
  }
}
