import { Alerts, AlertStore, EvidenceKeeper, EvidenceStore, lostSubject, openFacts } from '@waybill/billing';
import { keys } from '@waybill/broker';
import type { Redis } from '@waybill/broker';
import type { Database } from '@waybill/database';
import { CountedCalls } from '@waybill/delivery';
import { systemClock } from '@waybill/kernel';
import type { Logger } from '@waybill/kernel';
import { openMessageLog } from '@waybill/message-log';
import {
  ArchiveBooker, ArchiveSampler, ArchiveSampleStore, HourSealer, LedgerAudit, LedgerStore, LifetimeStore, MinuteBooker, RetainedBytesStore, SealStore, TermsCopyStore, TermsPublisher, TermsStore, UsageDrain,
} from '@waybill/metering';
import type { UsageCounterStore } from '@waybill/metering';
import type { ActiveNamespaces } from './active-namespaces.js';
import type { JobProcessor } from './job.processor.js';
import { NamespaceAlert } from './namespace-alert.js';
import { PublishTermsProcessor } from './publish-terms.processor.js';
import { UsageAuditProcessor } from './usage-audit.processor.js';
import { UsageEvidenceProcessor } from './usage-evidence.processor.js';
import { UsageHoursProcessor } from './usage-hours.processor.js';
import type { WorkerMetrics } from './worker-metrics.js';

export interface UsageOptions {
  readonly database: Database;
  readonly redis: Redis;
  readonly counters: UsageCounterStore;
  readonly active: ActiveNamespaces;
  readonly logger: Logger;
  readonly metrics: WorkerMetrics;
}

/** What becomes of usage after it was counted; the processors in the order usage-hours, usage-audit, publish-terms, usage-evidence. */
export function openUsage({ database, redis, counters, active, logger, metrics }: UsageOptions): { readonly drain: UsageDrain; readonly processors: readonly JobProcessor[] } {
  const ledger = new LedgerStore(database);
  const marks = new SealStore(database);
  const lifetimes = new LifetimeStore(database);
  const alerts = new AlertStore(database);
  const raised = new Alerts(alerts, systemClock, logger);
  const parked = new NamespaceAlert('usage_batch_parked', { ledger, alerts: raised, store: alerts }, (namespaceId) => counters.nothingParked(namespaceId));
  const drain = new UsageDrain(counters, ledger, logger, {
    parked: ({ namespaceId, batchId, reason }) => parked.raise(namespaceId, `batch ${batchId}: ${reason}`),
    lost: async ({ namespaceId, batchId, reason }) =>
      raised.raise({ code: 'usage_batch_lost', subject: lostSubject(namespaceId, batchId), tenantId: await ledger.tenantOf(namespaceId), detail: `${namespaceId}, batch ${batchId}: ${reason}` }),
  });
  const work = {
    marks, ledger, parked,
    minutes: new MinuteBooker(lifetimes, ledger, marks, logger),
    archive: new ArchiveBooker(new ArchiveSampler(new RetainedBytesStore(redis, keys), lifetimes, new ArchiveSampleStore(database)), ledger, marks, logger),
    sealer: new HourSealer(marks, counters, ledger, drain, logger),
  };
  const facts = openFacts({ database, log: openMessageLog({ database, redis, logger }), calls: new CountedCalls(database, redis) });
  return {
    drain,
    processors: [
      new UsageHoursProcessor(active, work, logger, metrics),
      new UsageAuditProcessor(new LedgerAudit(database), systemClock, logger, metrics),
      new PublishTermsProcessor(new TermsPublisher(new TermsStore(database), new TermsCopyStore(redis, keys), logger), logger, metrics),
      new UsageEvidenceProcessor(new EvidenceKeeper(new EvidenceStore(database), facts, () => systemClock.nowMs(), logger), logger, metrics),
    ],
  };
}
