import type { Database } from '@waybill/database';

export interface WebhookEvent {
  readonly id: string;
  readonly type: string;
  readonly thin: boolean;
  readonly objectId: string | null;
  readonly attempts: number;
}

/** Webhooks by Stripe's event id: stored first, worked on afterwards, each once. */
export class WebhookEventStore {
  constructor(private readonly database: Database) {}

  /** Whether it is the first time. */
  async add({ id, type, thin, objectId }: Omit<WebhookEvent, 'attempts'>, nowMs: number): Promise<boolean> {
    const { count } = await this.database.asSystem((tx) => tx.webhookEvent.createMany({ data: { id, type, thin, objectId, receivedAt: new Date(nowMs) }, skipDuplicates: true }));
    return count > 0;
  }

  /** To be worked on now, in the order they came; that order means nothing. */
  async pending(nowMs: number, limit: number): Promise<WebhookEvent[]> {
    const rows = await this.database.asSystem((tx) =>
      tx.webhookEvent.findMany({ where: { state: 'pending', OR: [{ nextAttemptAt: null }, { nextAttemptAt: { lte: new Date(nowMs) } }] }, orderBy: { receivedAt: 'asc' }, take: limit }),
    );
    return rows.map(({ id, type, thin, objectId, attempts }) => ({ id, type, thin, objectId, attempts }));
  }

  async done(id: string, nowMs: number): Promise<void> {
    await this.database.asSystem((tx) => tx.webhookEvent.update({ where: { id }, data: { state: 'done', processedAt: new Date(nowMs), reason: null } }));
  }

  async again(id: string, reason: string, nextAttemptMs: number): Promise<void> {
    await this.database.asSystem((tx) => tx.webhookEvent.update({ where: { id }, data: { attempts: { increment: 1 }, reason, nextAttemptAt: new Date(nextAttemptMs) } }));
  }

  async park(id: string, reason: string, nowMs: number): Promise<void> {
    await this.database.asSystem((tx) => tx.webhookEvent.update({ where: { id }, data: { state: 'parked', attempts: { increment: 1 }, reason, processedAt: new Date(nowMs) } }));
  }
}
