import type { Alerts, AlertStore } from '@waybill/billing';
import type { Database } from '@waybill/database';
import type { NamespaceId } from '@waybill/kernel';
import type { ParkedBatch, UsageCounterStore } from '@waybill/metering';

const code = 'usage_batch_parked';

/** Finance is told of a namespace as long as something counted in it cannot be booked: it is on no invoice. */
export class ParkedUsage {
  constructor(
    private readonly database: Database,
    private readonly alerts: Pick<Alerts, 'raise' | 'clear'>,
    private readonly store: Pick<AlertStore, 'subjects'>,
    private readonly counters: Pick<UsageCounterStore, 'nothingParked'>,
  ) {}

  readonly tell = async ({ namespaceId, batchId, reason }: ParkedBatch): Promise<void> => {
    const namespace = await this.database.asSystem((tx) => tx.namespace.findUnique({ where: { id: namespaceId }, select: { tenantId: true } }));
    await this.alerts.raise({ code, subject: namespaceId, tenantId: namespace?.tenantId ?? null, detail: `${namespaceId}, batch ${batchId}: ${reason}`.slice(0, 500) });
  };

  /** Ends the alerts of namespaces in which all is booked. */
  async clear(): Promise<void> {
    for (const subject of await this.store.subjects(code)) {
      if (await this.counters.nothingParked(subject as NamespaceId)) await this.alerts.clear(code, subject);
    }
  }
}
