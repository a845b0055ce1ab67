import type { Database } from '@waybill/database';
import type { Alert, AlertCode } from './alerts.js';

export interface OpenAlert extends Alert {
  readonly raisedAtMs: number;
}

export class AlertStore {
  constructor(private readonly database: Database) {}

  /** Whether it was not open before. */
  raise({ code, subject, tenantId, detail }: Alert, nowMs: number): Promise<boolean> {
    const now = new Date(nowMs);
    return this.database.asSystem(async (tx) => {
      const open = await tx.billingAlert.findUnique({ where: { code_subject: { code, subject } } });
      const fresh = open === null || open.clearedAt !== null;
      await tx.billingAlert.upsert({
        where: { code_subject: { code, subject } },
        create: { code, subject, tenantId, detail, raisedAt: now, seenAt: now },
        update: { detail, tenantId, seenAt: now, ...(fresh ? { raisedAt: now, clearedAt: null } : {}) },
      });
      return fresh;
    });
  }

  async clear(code: AlertCode, subject: string, nowMs: number): Promise<boolean> {
    const { count } = await this.database.asSystem((tx) => tx.billingAlert.updateMany({ where: { code, subject, clearedAt: null }, data: { clearedAt: new Date(nowMs) } }));
    return count > 0;
  }

  /** Those that were not seen again since then. Returns how many. */
  async expire(code: AlertCode, seenBeforeMs: number, nowMs: number): Promise<number> {
    const { count } = await this.database.asSystem((tx) => tx.billingAlert.updateMany({ where: { code, clearedAt: null, seenAt: { lt: new Date(seenBeforeMs) } }, data: { clearedAt: new Date(nowMs) } }));
    return count;
  }

  /** What the open alerts of one code are about. */
  async subjects(code: AlertCode): Promise<string[]> {
    const rows = await this.database.asSystem((tx) => tx.billingAlert.findMany({ where: { code, clearedAt: null }, select: { subject: true } }));
    return rows.map(({ subject }) => subject);
  }

  /** Oldest first; of one code or all, of some tenants, or of all and those that are of none. */
  async open({ code, tenantIds, limit = 1_000 }: { readonly code?: AlertCode; readonly tenantIds?: readonly string[]; readonly limit?: number } = {}): Promise<OpenAlert[]> {
    const rows = await this.database.asSystem((tx) => tx.billingAlert.findMany({ where: { clearedAt: null, ...(code === undefined ? {} : { code }), ...(tenantIds === undefined ? {} : { tenantId: { in: [...tenantIds] } }) }, orderBy: { raisedAt: 'asc' }, take: limit }));
    return rows.map(({ code, subject, tenantId, detail, raisedAt }) => ({ code: code as AlertCode, subject, tenantId, detail, raisedAtMs: raisedAt.getTime() }));
  }
}
