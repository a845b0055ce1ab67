import { Processor } from '@nestjs/bullmq';
import type { QueueControl } from '@waybill/broker';
import { WaybillError } from '@waybill/kernel';
import type { Caller, Logger, NamespaceId, TenantId } from '@waybill/kernel';
import type { IdleDeleting, TopologyService } from '@waybill/topology';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

const perPage = 500;
const asked = 20;

/**
 * Deletes queues that ask for it when nobody published to them or received from them for as long as they say, and they
 * hold no message, dead letters included. The queue is closed before it is deleted: a publish that comes in between waits
 * and then finds it gone.
 */
@Processor('idle-queues', jobWorkerOptions)
export class IdleQueueProcessor extends JobProcessor {
  constructor(
    private readonly topology: Pick<TopologyService, 'listIdleDeleting' | 'deleteQueue'>,
    private readonly control: Pick<QueueControl, 'closeIfIdle'>,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('idle-queues', logger, metrics);
  }

  async run(): Promise<JobReport> {
    let [looked, deleted, failed] = [0, 0, 0];
    for (let after = ''; ; ) {
      const page = await this.topology.listIdleDeleting(after, perPage);
      for (let start = 0; start < page.length; start += asked) {
        for (const settled of await Promise.allSettled(page.slice(start, start + asked).map((queue) => this.#deleteIfIdle(queue)))) {
          if (settled.status === 'rejected') {
            failed += 1;
            this.logger.error('queue.idle_deletion_failed', { error: settled.reason instanceof Error ? settled.reason : new Error(String(settled.reason)) });
          } else if (settled.value) deleted += 1;
        }
      }
      looked += page.length;
      this.metrics.namespaceFailures.inc({ job: 'idle-queues' }, failed);
      const last = page.at(-1);
      if (last === undefined || page.length < perPage) break;
      after = last.id;
    }
    this.metrics.idleQueuesDeleted.inc(deleted);
    return { looked, deleted, failed };
  }

  async #deleteIfIdle({ namespaceId, tenantId, id, name, idleMs }: IdleDeleting): Promise<boolean> {
    const ns = namespaceId as NamespaceId;
    try {
      if (!(await this.control.closeIfIdle({ ns, id, name }, idleMs))) return false;
      await this.topology.deleteQueue(callerFor(tenantId as TenantId, ns), ns, name, id);
    } catch (error) {
      // Deleted by somebody else, or not in force yet.
      if (error instanceof WaybillError && error.code === 'queue_not_found') return false;
      throw error;
    }
    this.logger.info('queue.idle_deleted', { namespaceId, queueId: id, idleMs });
    return true;
  }
}

function callerFor(tenantId: TenantId, namespaceId: NamespaceId): Caller {
  return { actor: { kind: 'system', id: 'idle-queues' }, tenantId, namespaceId, permissions: new Set(['topology:write']) };
}
