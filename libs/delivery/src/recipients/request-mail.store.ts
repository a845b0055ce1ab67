import type { Database } from '@waybill/database';
import type { TenantId } from '@waybill/kernel';

export interface WaitingRequest {
  readonly id: string;
  readonly tenantId: TenantId;
  readonly address: string;
  /** Name of the tenant. */
  readonly sender: string;
  readonly namespace: string;
  readonly subscription: string;
  readonly expiresAtMs: number;
  /** Before this one. */
  readonly attempts: number;
}

interface Row {
  readonly id: string;
  readonly tenant_id: string;
  readonly address: string;
  readonly sender: string;
  readonly namespace: string;
  readonly subscription: string;
  readonly expires_at: Date;
  readonly attempts: number;
}

/** Mails that ask for confirmation, on their way. */
export class RequestMailStore {
  constructor(private readonly database: Database) {}

  /** Those whose time has come, oldest first; nobody else gets them before `untilMs`. What was answered meanwhile is not among them. */
  claim(nowMs: number, untilMs: number, limit: number): Promise<WaitingRequest[]> {
    const now = new Date(nowMs);
    return this.database.asSystem(async (tx) => {
      const rows = await tx.$queryRaw<Row[]>`
        WITH due AS MATERIALIZED (SELECT id FROM mail_requests WHERE next_at <= ${now} AND expires_at > ${now} ORDER BY next_at, id LIMIT ${limit} FOR UPDATE SKIP LOCKED)
        UPDATE mail_requests m SET next_at = ${new Date(untilMs)}, attempts = m.attempts + 1
        FROM due, tenants t
        WHERE m.id = due.id AND t.id = m.tenant_id
        RETURNING m.id, m.tenant_id, m.address, t.name AS sender, m.namespace, m.subscription, m.expires_at, m.attempts`;
      return rows
        .map(({ tenant_id: tenantId, expires_at: expiresAt, attempts, ...row }) => ({ ...row, tenantId: tenantId as TenantId, attempts: attempts - 1, expiresAtMs: expiresAt.getTime() }))
        .sort((a, b) => (a.id < b.id ? -1 : 1));
    });
  }

  async sent({ id }: Pick<WaitingRequest, 'id'>, nowMs: number): Promise<void> {
    await this.database.asSystem((tx) => tx.mailRequest.updateMany({ where: { id }, data: { sentAt: new Date(nowMs), nextAt: null, error: null } }));
  }

  /** `nextMs` null: it is given up. */
  async failed({ id }: Pick<WaitingRequest, 'id'>, nextMs: number | null, error: string): Promise<void> {
    await this.database.asSystem((tx) => tx.mailRequest.updateMany({ where: { id }, data: { nextAt: nextMs === null ? null : new Date(nextMs), error: error.slice(0, 500) } }));
  }

  /** Those whose links ended before a moment. Returns how many. */
  async forget(beforeMs: number): Promise<number> {
    const { count } = await this.database.asSystem((tx) => tx.mailRequest.deleteMany({ where: { expiresAt: { lt: new Date(beforeMs) } } }));
    return count;
  }
}
