import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

const counter = (name: string, help: string) => new Counter({ name, help, registers: [] });

/** What the worker shows on /metrics beside the process's own figures. */
export class WorkerMetrics {
  readonly activeNamespaces = new Gauge({ name: 'waybill_active_namespaces', help: 'Namespaces that moved lately or have work left.', registers: [] });
  readonly batchesBooked = counter('waybill_usage_batches_booked_total', 'Usage batches put into the ledger.');
  readonly entriesBooked = counter('waybill_usage_entries_booked_total', 'Ledger entries of those batches.');
  readonly batchesParked = counter('waybill_usage_batches_parked_total', 'Usage batches put aside because they cannot be booked; each needs a person.');
  readonly leasesReturned = counter('waybill_leases_returned_total', 'Messages back in their queue after a lease ran out or a delay ended.');
  readonly deadLettered = counter('waybill_leases_dead_lettered_total', 'Messages moved to the dead letters when their lease ran out.');
  readonly namespaceFailures = new Counter({ name: 'waybill_namespace_failures_total', help: 'Namespaces a job could not serve, by job.', labelNames: ['job'] as const, registers: [] });
  readonly jobFailures = new Counter({ name: 'waybill_job_failures_total', help: 'Jobs that failed as a whole.', labelNames: ['job'] as const, registers: [] });
  readonly jobSeconds = new Histogram({
    name: 'waybill_job_duration_seconds', help: 'How long a job took.', labelNames: ['job'] as const, buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60], registers: [],
  });

  register(registry: Registry): void {
    for (const metric of Object.values(this)) registry.registerMetric(metric);
  }
}
