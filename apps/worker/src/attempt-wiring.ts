import { Alerts, AlertStore } from '@waybill/billing';
import { PushAttemptStream } from '@waybill/broker';
import type { Redis } from '@waybill/broker';
import type { Database } from '@waybill/database';
import { AttemptDrain, ParkedAttempts, ParkedAttemptsStore } from '@waybill/delivery';
import type { AttemptStore, TellParkedAttempts } from '@waybill/delivery';
import type { Clock, Logger } from '@waybill/kernel';
import { LedgerStore } from '@waybill/metering';
import { NamespaceAlert } from './namespace-alert.js';
import type { AttemptWork } from './push-attempt.processor.js';
import type { WorkerMetrics } from './worker-metrics.js';

export interface AttemptOptions {
  readonly database: Database;
  readonly redis: Redis;
  readonly attempts: AttemptStore;
  readonly keptDays: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Pick<WorkerMetrics, 'pushEntriesParked'>;
}

/** What becomes of attempts after they were made. */
export function attemptWork({ database, redis, attempts, keptDays, clock, logger, metrics }: AttemptOptions): AttemptWork {
  const [parked, alerts] = [new ParkedAttemptsStore(database), new AlertStore(database)];
  const alert = new NamespaceAlert('push_attempts_parked', { ledger: new LedgerStore(database), alerts: new Alerts(alerts, clock, logger), store: alerts }, (namespaceId) => parked.isEmpty(namespaceId));
  const tell: TellParkedAttempts = async (namespaceId, entries) => {
    metrics.pushEntriesParked.inc(entries.length);
    await alert.raise(namespaceId, `entry ${entries[0]!.id}${entries.length > 1 ? ` and ${entries.length - 1} more` : ''}: ${entries[0]!.reason} not understood`);
  };
  return {
    drain: new AttemptDrain(new PushAttemptStream(redis), attempts, logger, tell),
    parked: new ParkedAttempts(parked, attempts, logger), alert,
    kept: { stores: [attempts, parked], days: keptDays },
  };
}
