import type { Config } from '@waybill/platform';
import type { WorkerOptions } from 'bullmq';

/** A BullMQ queue each, so that a slow one holds up no other. */
export const jobNames = ['usage-drain', 'lease-reclaim', 'topology-relay', 'active-sweep', 'message-log-drain', 'message-log-retention', 'message-tasks', 'schedules', 'dead-letter-forward', 'idle-queues', 'body-sweep', 'usage-hours', 'usage-audit', 'publish-terms', 'usage-evidence', 'push-sweep', 'push-attempts', 'recipient-mails', 'spend-watch', 'period-close', 'billing-care', 'reconciliation', 'tenant-deletion', 'finance-exports', 'stripe-push', 'stripe-events', 'stripe-sweep'] as const;
export type JobName = (typeof jobNames)[number];

export const jobsPrefix = 'waybill-jobs';

const topologyRelayMs = 5_000;
const activeSweepMs = 600_000;
const logDrainMs = 1_000;
const logRetentionMs = 600_000;
const messageTasksMs = 500;
const schedulesMs = 1_000;
const deadLetterForwardMs = 1_000;
const idleQueuesMs = 30_000;
const bodySweepMs = 30_000;
const usageHoursMs = 60_000;
const usageAuditMs = 86_400_000;
const publishTermsMs = 5_000;
const usageEvidenceMs = 300_000;
/** Each look costs a command for a subscription in a namespace in use, and finds only what docs/adr/0023-push-engine.md says. */
const pushSweepMs = 120_000;
const pushAttemptsMs = 1_000;
/** A person waits for the mail. */
const recipientMailsMs = 2_000;
const spendWatchMs = 10_000;
const billingCareMs = 3_600_000;
const reconciliationMs = 86_400_000;
const tenantDeletionMs = 60_000;
const financeExportsMs = 20_000;
const stripePushMs = 60_000;
const stripeEventsMs = 5_000;
const stripeSweepMs = 1_800_000;
/** In a demonstration a month passes in minutes. */
const demonstrationMs = 2_000;

/** How often each job runs, ms. */
export function intervalsMs(config: Pick<Config, 'usageDrainSeconds' | 'reclaimSeconds' | 'periodCloseSeconds' | 'demonstration'>): Readonly<Record<JobName, number>> {
  const billing = (everyMs: number): number => (config.demonstration ? demonstrationMs : everyMs);
  return {
    'usage-drain': billing(Math.ceil(config.usageDrainSeconds * 1_000)),
    'lease-reclaim': Math.ceil(config.reclaimSeconds * 1_000),
    'topology-relay': topologyRelayMs,
    'active-sweep': activeSweepMs,
    'message-log-drain': logDrainMs,
    'message-log-retention': logRetentionMs,
    'message-tasks': messageTasksMs,
    schedules: schedulesMs,
    'dead-letter-forward': deadLetterForwardMs,
    'idle-queues': idleQueuesMs,
    'body-sweep': bodySweepMs,
    'usage-hours': billing(usageHoursMs),
    'usage-audit': usageAuditMs,
    'publish-terms': publishTermsMs,
    'usage-evidence': billing(usageEvidenceMs),
    'push-sweep': pushSweepMs,
    'push-attempts': pushAttemptsMs,
    'recipient-mails': recipientMailsMs,
    'spend-watch': billing(spendWatchMs),
    'period-close': billing(Math.ceil(config.periodCloseSeconds * 1_000)),
    'billing-care': billing(billingCareMs),
    reconciliation: reconciliationMs,
    'tenant-deletion': billing(tenantDeletionMs),
    'finance-exports': billing(financeExportsMs),
    'stripe-push': billing(stripePushMs),
    'stripe-events': billing(stripeEventsMs),
    'stripe-sweep': billing(stripeSweepMs),
  };
}

/** Jobs kept for a look at what ran; they hold nothing that is not in the stores. */
export const keptJobs = { removeOnComplete: { count: 20 }, removeOnFail: { count: 200 } } as const;

/**
 * One job of a kind at a time in a process. A job is only a reminder to look at the stores, so a worker that dies in it
 * must never make it fail for good: BullMQ's default gives up at the second death (reliability.md §1).
 */
export const jobWorkerOptions = { concurrency: 1, maxStalledCount: 1_000, lockDuration: 60_000, stalledInterval: 15_000, ...keptJobs } satisfies Omit<WorkerOptions, 'connection'>;
