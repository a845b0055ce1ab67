import type { AlertCode, Alerts, AlertStore } from '@waybill/billing';
import type { NamespaceId } from '@waybill/kernel';
import type { LedgerStore } from '@waybill/metering';

export interface AlertRoom {
  readonly ledger: Pick<LedgerStore, 'tenantOf'>;
  readonly alerts: Pick<Alerts, 'raise' | 'clear'>;
  readonly store: Pick<AlertStore, 'subjects'>;
}

const detailLength = 500;

/** One alert of finance for each namespace in which something was put aside, as long as it is. */
export class NamespaceAlert {
  constructor(
    private readonly code: AlertCode,
    private readonly room: AlertRoom,
    private readonly nothingLeft: (namespaceId: NamespaceId) => Promise<boolean>,
  ) {}

  async raise(namespaceId: NamespaceId, what: string): Promise<void> {
    const tenantId = await this.room.ledger.tenantOf(namespaceId);
    await this.room.alerts.raise({ code: this.code, subject: namespaceId, tenantId, detail: `${namespaceId}, ${what}`.slice(0, detailLength) });
  }

  /** Ends the alerts of namespaces in which nothing is put aside any more. */
  async clear(): Promise<void> {
    for (const subject of await this.room.store.subjects(this.code)) {
      if (await this.nothingLeft(subject as NamespaceId)) await this.room.alerts.clear(this.code, subject);
    }
  }
}
