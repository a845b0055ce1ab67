import { Processor } from '@nestjs/bullmq';
import type { Clock, Logger } from '@waybill/kernel';
import type { MessageLogDrain } from '@waybill/message-log';
import type { ActiveNamespaces } from './active-namespaces.js';
import { eachNamespace } from './each-namespace.js';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** How long a run stays with namespaces that are busy before it looks for others. */
const runMs = 4_000;

/** Moves the message log from Redis into the database. */
@Processor('message-log-drain', jobWorkerOptions)
export class MessageLogDrainProcessor extends JobProcessor {
  constructor(
    private readonly active: ActiveNamespaces,
    private readonly log: MessageLogDrain,
    private readonly clock: Clock,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('message-log-drain', logger, metrics);
  }

  async run(): Promise<JobReport> {
    const active = (await this.active.list()).map(({ id }) => id);
    const waiting = await this.active.withLog(active);
    const untilMs = this.clock.nowMs() + runMs;
    let [events, segments] = [0, 0];
    const failed = await eachNamespace('message-log-drain', waiting, this.logger, async (namespaceId) => {
      const drained = await this.log.drain(namespaceId, () => this.clock.nowMs() < untilMs);
      events += drained.events;
      segments += drained.segments;
    });
    this.metrics.logEvents.inc(events);
    this.metrics.logSegments.inc(segments);
    this.metrics.namespaceFailures.inc({ job: 'message-log-drain' }, failed);
    await this.#showBacklog(waiting);
    return { namespaces: waiting.length, events, segments, failed };
  }

  async #showBacklog(drained: Parameters<ActiveNamespaces['logBacklog']>[0]): Promise<void> {
    const { bytes, oldestMs } = await this.active.logBacklog(await this.active.withLog(drained));
    this.metrics.logWaitingBytes.set(bytes);
    this.metrics.logLagSeconds.set(oldestMs === undefined ? 0 : Math.max(0, (await this.active.nowMs()) - oldestMs) / 1_000);
  }
}
