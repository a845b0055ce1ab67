import type { Alerts, AlertStore } from '@waybill/billing';
import type { NamespaceId } from '@waybill/kernel';
import type { LedgerStore, ParkedBatch, UsageCounterStore } from '@waybill/metering';

const code = 'usage_batch_parked';

/** Finance is told of a namespace as long as something counted in it cannot be booked: it is on no invoice. */
export class ParkedUsage {
  constructor(
    private readonly ledger: Pick<LedgerStore, 'tenantOf'>,
    private readonly alerts: Pick<Alerts, 'raise' | 'clear'>,
    private readonly store: Pick<AlertStore, 'subjects'>,
    private readonly counters: Pick<UsageCounterStore, 'nothingParked'>,
  ) {}

  readonly tell = async ({ namespaceId, batchId, reason }: ParkedBatch): Promise<void> => {
    const tenantId = await this.ledger.tenantOf(namespaceId);
    await this.alerts.raise({ code, subject: namespaceId, tenantId, detail: `${namespaceId}, batch ${batchId}: ${reason}`.slice(0, 500) });
  };

  /** Ends the alerts of namespaces in which all is booked. */
  async clear(): Promise<void> {
    for (const subject of await this.store.subjects(code)) {
      if (await this.counters.nothingParked(subject as NamespaceId)) await this.alerts.clear(code, subject);
    }
  }
}
