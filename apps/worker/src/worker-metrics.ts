import type { PushFigures } from '@waybill/delivery';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

const counter = (name: string, help: string) => new Counter({ name, help, registers: [] });

/** A gauge that is asked when it is read. */
const shown = (name: string, help: string, value: () => number) =>
  new Gauge({
    name, help, registers: [],
    collect() {
      this.set(value());
    },
  });

/** What the worker shows on /metrics beside the process's own figures. */
export class WorkerMetrics {
  #push: () => PushFigures = () => ({ sessions: 0, inFlight: 0, oldestWaitMs: 0 });
  readonly activeNamespaces = new Gauge({ name: 'waybill_active_namespaces', help: 'Namespaces that moved lately or have work left.', registers: [] });
  readonly batchesBooked = counter('waybill_usage_batches_booked_total', 'Usage batches put into the ledger.');
  readonly entriesBooked = counter('waybill_usage_entries_booked_total', 'Ledger entries of those batches.');
  readonly batchesParked = counter('waybill_usage_batches_parked_total', 'Usage batches put aside because they cannot be booked; each needs a person.');
  readonly hoursSealed = counter('waybill_usage_hours_sealed_total', 'Hours of the ledger sealed, of those that have records.');
  readonly hoursForced = counter('waybill_usage_hours_sealed_by_deadline_total', 'Namespaces sealed although usage was still on its way; it becomes adjustments. Each needs a look.');
  readonly ledgerBreaches = new Gauge({ name: 'waybill_usage_ledger_breaches', help: 'Places where the ledger does not add up, as the last nightly check found; anything but 0 needs a person.', registers: [] });
  readonly leasesReturned = counter('waybill_leases_returned_total', 'Messages back in their queue after a lease ran out or a delay ended.');
  readonly deadLettered = counter('waybill_leases_dead_lettered_total', 'Messages moved to the dead letters when their lease ran out.');
  readonly logEvents = counter('waybill_message_log_events_total', 'Events of the message log stored in the database.');
  readonly logSegments = counter('waybill_message_log_segments_total', 'Segments they were stored in.');
  readonly logSegmentsDeleted = counter('waybill_message_log_segments_deleted_total', 'Segments deleted because their time was over.');
  readonly logLagSeconds = new Gauge({ name: 'waybill_message_log_lag_seconds', help: 'Age of the oldest event that is not yet in the database.', registers: [] });
  readonly logWaitingBytes = new Gauge({ name: 'waybill_message_log_waiting_bytes', help: 'Bytes of the message logs that wait in Redis.', registers: [] });
  readonly schedulesRun = counter('waybill_schedules_run_total', 'Messages published by schedules.');
  readonly schedulesFailed = counter('waybill_schedules_failed_total', 'Runs of schedules that stored nothing; each schedule says why.');
  readonly deadLettersForwarded = counter('waybill_dead_letters_forwarded_total', 'Dead letters sent to an exchange.');
  readonly deadLettersKept = counter('waybill_dead_letters_kept_total', 'Dead letters that no queue took from their exchange.');
  readonly idleQueuesDeleted = counter('waybill_idle_queues_deleted_total', 'Queues deleted because nobody used them.');
  readonly bodiesDeleted = counter('waybill_bodies_deleted_total', 'Large bodies deleted because no message needs them any more.');
  readonly pushCalls = new Counter({ name: 'waybill_push_calls_total', help: 'Calls to destinations, by what came of them; refused ones never left.', labelNames: ['outcome'] as const, registers: [] });
  readonly pushCallSeconds = new Histogram({
    name: 'waybill_push_call_duration_seconds', help: 'How long a call to a destination took.', buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30], registers: [],
  });
  readonly pushWaitSeconds = new Histogram({
    name: 'waybill_push_wait_seconds', help: 'From the publish of a message to its first call.', buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120, 600, 3600], registers: [],
  });
  readonly pushAlerts = new Counter({ name: 'waybill_push_alerts_total', help: 'Steps on the way to disabling a subscription, by percent of its time.', labelNames: ['percent'] as const, registers: [] });
  readonly pushEntriesParked = counter('waybill_push_entries_parked_total', 'Entries of attempts put aside because they are not understood; each needs a person.');
  readonly pushAttemptsStored = counter('waybill_push_attempts_stored_total', 'Attempts stored in the database.');
  readonly pushTurns = shown('waybill_push_turns', 'Subscriptions this process works on.', () => this.#push().sessions);
  readonly pushInFlight = shown('waybill_push_calls_in_flight', 'Calls under way.', () => this.#push().inFlight);
  readonly pushOldestWaitSeconds = shown('waybill_push_oldest_waiting_seconds', 'Age of the oldest message that is leased here and waits for its call.', () => this.#push().oldestWaitMs / 1_000);
  readonly invoicesFinalized = counter('waybill_invoices_finalized_total', 'Invoices finalized by the close of a period.');
  readonly billingBreaches = new Gauge({ name: 'waybill_billing_breaches', help: 'Places where an invariant of invoices or credit does not hold; each needs a person.', registers: [] });
  readonly countDifferences = new Gauge({ name: 'waybill_count_differences', help: 'Differences between message log, ledger, pushes, Stripe and invoices that the last comparison found.', registers: [] });
  readonly tenantFailures = new Counter({ name: 'waybill_tenant_failures_total', help: 'Tenants a billing job could not serve, by job.', labelNames: ['job'] as const, registers: [] });
  readonly meterPushes = new Counter({ name: 'waybill_meter_pushes_total', help: 'Hour totals on their way to Stripe, by what became of them.', labelNames: ['outcome'] as const, registers: [] });
  readonly financeExports = new Counter({ name: 'waybill_finance_exports_total', help: 'Attempts to send exports of finance by the clock, by outcome; failed ones are given up and raise an alert.', labelNames: ['outcome'] as const, registers: [] });
  readonly namespaceFailures = new Counter({ name: 'waybill_namespace_failures_total', help: 'Namespaces a job could not serve, by job.', labelNames: ['job'] as const, registers: [] });
  readonly jobFailures = new Counter({ name: 'waybill_job_failures_total', help: 'Jobs that failed as a whole.', labelNames: ['job'] as const, registers: [] });
  readonly jobSeconds = new Histogram({
    name: 'waybill_job_duration_seconds', help: 'How long a job took.', labelNames: ['job'] as const, buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60], registers: [],
  });

  /** Asked when the figures are read. */
  showPush(figures: () => PushFigures): void {
    this.#push = figures;
  }

  register(registry: Registry): void {
    for (const metric of Object.values(this)) registry.registerMetric(metric);
  }
}
