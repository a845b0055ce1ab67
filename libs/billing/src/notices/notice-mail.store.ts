import type { Database } from '@waybill/database';

export interface WaitingMail {
  readonly tenantId: string;
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly about: string;
  /** Before this one. */
  readonly attempts: number;
  readonly createdAtMs: number;
}

type Key = Pick<WaitingMail, 'tenantId' | 'id'>;

/** Mails of notices on their way: written with the notice (`ProfileStore.noteOnce`), sent by whoever claims them. */
export class NoticeMailStore {
  constructor(private readonly database: Database) {}

  /** Those whose time has come, in the order they were written; nobody else gets them before `untilMs`. */
  claim(nowMs: number, untilMs: number, limit: number): Promise<WaitingMail[]> {
    return this.database.asSystem(async (tx) => {
      const rows = await tx.$queryRaw<{ tenant_id: string; id: string; recipient: string; subject: string; text: string; about: string; attempts: number; created_at: Date }[]>`
        WITH due AS MATERIALIZED (SELECT tenant_id, id FROM billing_mails WHERE next_at <= ${new Date(nowMs)} ORDER BY id LIMIT ${limit} FOR UPDATE SKIP LOCKED)
        UPDATE billing_mails m SET next_at = ${new Date(untilMs)}, attempts = m.attempts + 1
        FROM due WHERE m.tenant_id = due.tenant_id AND m.id = due.id
        RETURNING m.tenant_id, m.id, m.recipient, m.subject, m.text, m.about, m.attempts, m.created_at`;
      return rows
        .map(({ tenant_id: tenantId, recipient: to, created_at: createdAt, attempts, ...mail }) => ({ ...mail, tenantId, to, attempts: attempts - 1, createdAtMs: createdAt.getTime() }))
        .sort((a, b) => (a.id < b.id ? -1 : 1));
    });
  }

  /** It is done with. With the first mail that a mail server really took, the notice is told. */
  async sent({ tenantId, id }: Key, nowMs: number, told: boolean): Promise<void> {
    const at = new Date(nowMs);
    await this.database.asSystem(async (tx) => {
      const [mail] = await tx.billingMail.updateManyAndReturn({ where: { tenantId, id }, data: { sentAt: at, nextAt: null, error: null } });
      if (!told || !mail?.periodStart || mail.scope === null || mail.step === null) return;
      await tx.billingNotice.updateMany({ where: { tenantId, periodStart: mail.periodStart, scope: mail.scope, step: mail.step, toldAt: null }, data: { toldAt: at } });
    });
  }

  /** `nextMs` null: it is given up. */
  async failed({ tenantId, id }: Key, nextMs: number | null, error: string): Promise<void> {
    await this.database.asSystem((tx) => tx.billingMail.updateMany({ where: { tenantId, id }, data: { nextAt: nextMs === null ? null : new Date(nextMs), error: error.slice(0, 500) } }));
  }

  /** Those that were sent or given up before a moment. Returns how many. */
  async forget(beforeMs: number): Promise<number> {
    const { count } = await this.database.asSystem((tx) => tx.billingMail.deleteMany({ where: { nextAt: null, createdAt: { lt: new Date(beforeMs) } } }));
    return count;
  }
}
